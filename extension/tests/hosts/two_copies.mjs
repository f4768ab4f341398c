// Two copies of SQLite in one process: the second to load the extension is refused, and the first goes on.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import { betterSqlite3 } from './better_sqlite3_host.mjs';
import { nodeSqlite } from './node_sqlite_host.mjs';
import { report, rows, schema } from './scenario.mjs';

const require = createRequire(import.meta.url);
const betterHost = betterSqlite3(require('better-sqlite3'));
const hosts = [nodeSqlite, betterHost];
// The names of the order to try: `node two_copies.mjs reversed` begins with better-sqlite3.
const [first, second] = process.argv[2] === 'reversed' ? hosts.reverse() : hosts;

const connection = first.connect(':memory:');
for (let attempt = 0; attempt < 3; attempt++) {
  assert.throws(() => second.connect(':memory:'), /another copy of SQLite in this process has loaded it already/);
}
connection.script(schema);
for (const sql of rows) connection.run(sql);
assert.deepEqual(connection.run('SELECT backfill_facilitator_markers()'), [[2]]);
first.connect(':memory:').close();
connection.close();
report(
  `Node ${process.versions.node} node:sqlite and better-sqlite3 in one process`,
  `${process.versions.sqlite} and ${betterHost.sqliteVersion()}`,
  '',
  'the second is refused',
);
