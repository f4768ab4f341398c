// The workload, and what the extension makes of it in a file on this machine: every engine has to come to the same rows.

import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const EXTENSION = process.env.EXTENSION ?? join(ROOT, 'extension', 'target', 'release', 'facilitator_markers.so');

/** That of the machine's Node. .ci/extension has installed it. */
export const Database = createRequire(join(ROOT, 'examples', 'node', 'package.json'))('better-sqlite3');

/** The clock's reading in every test. */
export const NOW = Date.UTC(2026, 10, 27);
const CLOCK = '2026-11-27 00:00:00';

export const SCHEMA = statementsOf(join(ROOT, 'tests', 'host', 'schema.sql'));
export const WORKLOAD = statementsOf(join(import.meta.dirname, 'workload.sql'));
export const INDEX = 'CREATE INDEX user_lower_id ON "user"(lower(id))';
/** What takes a backfill back. */
export const UNDO = `DELETE FROM reward_addresses WHERE verified_at = '${CLOCK}'`;

const COLUMNS = ['id', 'user_id', 'chain_type', 'address', 'verification_status', 'verified_at', 'created_at'];
export const ROWS = `SELECT ${COLUMNS.join(', ')} FROM reward_addresses ORDER BY id`;

/** Each statement of a file ends a line; drivers look at its first word, so that comments are left out. @param {string} path */
function statementsOf(path) {
  const text = readFileSync(path, 'utf8').replace(/^\s*--.*$/gm, '');
  return text.split(/;$/m).map((statement) => statement.trim()).filter((statement) => statement !== '');
}

/** All columns of all rows, as text: one line for each. @param {ArrayLike<any>} rows */
export function linesOf(rows) {
  return Array.from(rows, (row) => JSON.stringify(COLUMNS.map((column) => row[column])));
}

/** A file with the workload. @param {string} [path] */
export function localDatabase(path = ':memory:') {
  if (path !== ':memory:') rmSync(path, { force: true });
  const db = new Database(path);
  for (const statement of [...SCHEMA, ...WORKLOAD]) db.exec(statement);
  return db;
}

/** What the extension lists, counts and writes. */
export function expected() {
  const db = localDatabase();
  db.loadExtension(EXTENSION);
  const due = db.prepare('SELECT user_id, enrollment_date FROM facilitator_markers_due').all();
  const reasons = db.prepare('SELECT reason, count(*) AS count FROM facilitator_markers_skipped GROUP BY reason').all();
  const audit = db.prepare('SELECT name, marker_id FROM facilitator_markers_audit').all();
  const before = JSON.parse(db.prepare('SELECT preview_facilitator_markers() AS json').get().json);
  try {
    db.prepare('SELECT backfill_facilitator_markers()').get();
  } catch {
    // Wallets are in the place of some markers: it has enrolled all others.
  }
  db.prepare('UPDATE reward_addresses SET verified_at = ? WHERE verified_at IS NOT NULL').run(CLOCK);
  const lines = linesOf(db.prepare(ROWS).all());
  db.close();
  const { warnings, ...report } = before;
  return { due, reasons, audit, report, lines };
}
