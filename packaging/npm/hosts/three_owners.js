// Makes host.db, for programs of the README: `node three_owners.js SCHEMA`.

import { readFileSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';

import { addOwners } from './host.js';

rmSync('host.db', { force: true });
const host = new Database('host.db');
host.exec(readFileSync(process.argv[2], 'utf8'));
addOwners(host, 3);
host.close();
