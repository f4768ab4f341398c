// libsql, a fork of SQLite with better-sqlite3's interface: the scenario, and what pluck() gives.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import Database from 'libsql';

import { betterSqlite3 } from './better_sqlite3_host.mjs';
import { defaultWait, report, run } from './scenario.mjs';

// The package doesn't export its package.json.
const manifest = new URL('node_modules/libsql/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const host = {
  ...betterSqlite3(Database),
  failureOf: (error) => ({ code: error.rawCode, message: error.message }),
};
await run(host);
const plucked = new Database(':memory:').prepare('SELECT 1 AS remaining').pluck().get();
assert.equal(plucked.remaining, 1);
const [[sqlite]] = host.connect(':memory:').run('SELECT sqlite_version()');
report(`libsql ${version}`, sqlite, await defaultWait(host));
