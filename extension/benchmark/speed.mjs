// How much slower the calls are through SQL, in better-sqlite3, than from Rust, on the same database:
//
//     packaging/extension
//     cargo build --release --manifest-path extension/benchmark/Cargo.toml
//     npm ci --prefix examples/node
//     npm ci --prefix packaging/npm && npm run --prefix packaging/npm build
//     node extension/benchmark/speed.mjs [USERS] [OWNERS] [ROUNDS]

import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { openDatabase } from '../../examples/node/database.js';
import { createHost, extension, userId } from '../../examples/node/sample/host.js';

const program = fileURLToPath(new URL('target/release/facilitator-markers-benchmark', import.meta.url));
const [users = 300_000, owners = 150_000, rounds = 5] = process.argv.slice(2).map(Number);
const CALLS = 20_000;
process.env.FACILITATOR_MARKERS_EXTENSION = extension;

const rust = (...asked) => execFileSync(program, asked.map(String), { encoding: 'utf8' }).trim();

function withDatabase(path, work) {
  const db = openDatabase(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function backfillThroughSql(path) {
  return withDatabase(path, (db) => {
    const backfill = db.prepare('SELECT backfill_facilitator_markers()').pluck();
    const began = performance.now();
    const created = backfill.get();
    const took = performance.now() - began;
    if (created !== owners) throw new Error(`${created} markers created, not ${owners}`);
    return took;
  });
}

function ensureThroughSql(path, user) {
  return withDatabase(path, (db) => {
    const ensure = db.prepare('SELECT ensure_facilitator_marker(?)').pluck();
    const began = performance.now();
    for (let call = 0; call < CALLS; call++) ensure.get(user);
    return ((performance.now() - began) * 1_000) / CALLS;
  });
}

/** Works on a fresh copy of the database. */
function onCopy(path, work) {
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  try {
    return work(copy);
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  }
}

const fastest = (figures) => Math.min(...figures);
const host = createHost({ users, owners });
host.db.pragma('wal_checkpoint(TRUNCATE)');
const [fromRust, throughSql] = [[], []];
for (let round = 0; round < rounds; round++) {
  fromRust.push(onCopy(host.path, (path) => Number(rust('backfill', path))));
  throughSql.push(onCopy(host.path, backfillThroughSql));
}
const sqlite = host.db.prepare('SELECT sqlite_version()').pluck().get();
console.log(`better-sqlite3 with SQLite ${sqlite}, Rust with SQLite ${rust('sqlite')}; the fastest of ${rounds} rounds each`);
console.log(
  `backfill of ${owners} owners among ${users} users: from Rust ${fastest(fromRust).toFixed(0)} ms, through SQL ` +
    `${fastest(throughSql).toFixed(0)} ms: ${(fastest(throughSql) / fastest(fromRust)).toFixed(2)} times as long (target: 1.10)`,
);

rust('backfill', host.path);
const user = userId(owners >> 1);
const [rustEnsure, sqlEnsure] = [[], []];
for (let round = 0; round < rounds; round++) {
  rustEnsure.push(Number(rust('ensure', host.path, user, CALLS)));
  sqlEnsure.push(ensureThroughSql(host.path, user));
}
console.log(
  `ensure where the marker exists: from Rust ${fastest(rustEnsure).toFixed(1)} µs, through SQL ` +
    `${fastest(sqlEnsure).toFixed(1)} µs: ${(fastest(sqlEnsure) - fastest(rustEnsure)).toFixed(1)} µs more (target: less than 5)`,
);
host.remove();
