// Makes host.db, for the program with which the README begins: `node three_owners.js SCHEMA`.

import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

import { addOwners } from './host.js';

const host = new Database('host.db');
host.exec(readFileSync(process.argv[2], 'utf8'));
addOwners(host, 3);
host.close();
