// The SQL edition beside the extension, on the same rows: `sql_edition.js DRIVER SCHEMA WORKLOAD`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as markers from 'facilitator-markers';
import * as sql from 'facilitator-markers/sql';

import { listed, rows } from './host.js';

const [driver, ...files] = process.argv.slice(2);
const OPEN = {
  'better-sqlite3': async () => new (await import('better-sqlite3')).default(':memory:'),
  'node:sqlite': async () => new (await import('node:sqlite')).DatabaseSync(':memory:', { allowExtension: true }),
  'bun:sqlite': async () => new (await import('bun:sqlite')).Database(':memory:'),
};

async function host() {
  const db = await OPEN[driver]();
  for (const file of files) db.exec(readFileSync(file, 'utf8'));
  return db;
}

const withExtension = await host();
markers.load(withExtension);
const db = await host();
const client = sql.prepared(db);

const due = await listed(markers.dueOwners(withExtension));
assert.deepEqual(
  await sql.due(client),
  due.map(({ user_id, enrollment_date }) => ({ user_id, enrollment_date })),
);
const reasons = (list) => JSON.stringify([...new Set(list.map(({ reason }) => reason))].sort());
assert.equal(reasons(await sql.skipped(client)), reasons(await listed(markers.skippedOwners(withExtension))));
const findings = (await listed(markers.auditFacilitatorMarkers(withExtension))).map(({ message, ...finding }) => finding);
// The extension has a repair; in SQL it is a statement.
const byMarker = (list) =>
  list.map(({ statement, ...finding }) => JSON.stringify([finding, finding.mend === 'repair' || statement])).sort();
assert.deepEqual(byMarker(await sql.audit(client)), byMarker(findings));

const expected = await failureOf(markers.backfillFacilitatorMarkers(withExtension));
const failure = await failureOf(sql.backfill(client));
const { warnings, ...counts } = markers.previewFacilitatorMarkers(withExtension);
assert.ok(expected instanceof Error && failure instanceof sql.MarkersRefused);
assert.deepEqual(failure.report, { ...counts, created: due.length, already_enrolled: counts.already_enrolled - due.length });
assert.deepEqual(await sql.report(client), counts);
for (const each of [withExtension, db]) each.exec("UPDATE reward_addresses SET verified_at = 'once' WHERE verified_at IS NOT NULL");
assert.equal(rows(db), rows(withExtension));
for (const each of [withExtension, db]) each.close();
console.log(`${due.length} markers`);

async function failureOf(promise) {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}
