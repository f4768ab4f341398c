import { readFileSync } from 'node:fs';
import { Database } from 'bun:sqlite';
import * as markers from 'facilitator-markers';

import { promises } from './promises.js';

const schema = readFileSync(process.argv[2], 'utf8');
const connect = (path) => {
  const db = new Database(path);
  db.run('PRAGMA busy_timeout = 0');
  return db;
};
console.log(`${await promises(markers, connect, schema)} promises`);
