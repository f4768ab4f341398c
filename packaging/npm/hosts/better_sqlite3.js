import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import * as markers from 'facilitator-markers';

import { promises } from './promises.js';

const schema = readFileSync(process.argv[2], 'utf8');
console.log(`${await promises(markers, (path) => new Database(path, { timeout: 0 }), schema)} promises`);
