// The newest better-sqlite3, in a current Node: the scenario.

import { createRequire } from 'node:module';

import { betterSqlite3 } from './better_sqlite3_host.mjs';
import { defaultWait, report, run } from './scenario.mjs';

const require = createRequire(import.meta.url);
const host = betterSqlite3(require('better-sqlite3'));
await run(host);
report(`better-sqlite3 ${require('better-sqlite3/package.json').version}`, host.sqliteVersion(), await defaultWait(host));
