import { readFileSync } from 'node:fs';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import * as markers from 'facilitator-markers';

import { promises } from './promises.js';

const schema = readFileSync(process.argv[2], 'utf8');
const connect = (path) => new DatabaseSync(path, { timeout: 0, allowExtension: true });
console.log(`${await promises(markers, connect, schema)} promises`);
