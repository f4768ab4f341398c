// What every engine is tried with: the lists, one owner, a backfill, and the same with an index on lower(id).

import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';

import { INDEX, NOW, ROWS, UNDO, expected, linesOf } from './expected.js';
import { MarkersRefused, audit, backfill, due, ensure, report, skipped, statements } from '../../packaging/npm/dist/sql.js';

/** @typedef {import('../../packaging/npm/dist/sql.js').Client} Client */

export const EXPECTED = expected();

/** A client that tells how long each statement took. @param {Client} client */
export function timed(client) {
  /** @type {Map<string, number[]>} */
  const taken = new Map();
  /** @param {string} sql */
  const of = (sql) => taken.get(sql) ?? [];
  return {
    of,
    /** @param {string} sql */
    middleOf(sql) {
      const sorted = [...of(sql)].sort((a, b) => a - b);
      return `${sorted[sorted.length >> 1].toFixed(0)} ms`;
    },
    async execute(/** @type {string} */ sql, /** @type {string[]} */ args) {
      const began = performance.now();
      const result = await client.execute(sql, args);
      taken.set(sql, [...of(sql), performance.now() - began]);
      return result;
    },
  };
}

/** The lists are those of the extension. @param {Client} client */
export async function hasTheLists(client) {
  assert.deepEqual(await due(client), EXPECTED.due);
  assert.deepEqual(await report(client), EXPECTED.report);
  await reasonsAndFindings(client);
}

/** @param {Client} client */
export async function reasonsAndFindings(client) {
  const reasons = (await skipped(client)).map(({ reason }) => reason);
  assert.deepEqual([...new Set(reasons)].sort(), EXPECTED.reasons.map(({ reason }) => reason));
  const named = (/** @type {any[]} */ list) => list.map(({ name, marker_id }) => `${name} ${marker_id}`).sort();
  assert.deepEqual(named(await audit(client)), named(EXPECTED.audit));
}

/** One owner is enrolled, and then is so already. @param {Client} client @returns {Promise<string>} how long it took */
export async function enrollsOne(client) {
  const [{ user_id }] = EXPECTED.due;
  const began = performance.now();
  assert.equal(await ensure(client, user_id, { now: () => NOW }), 'created');
  const milliseconds = performance.now() - began;
  assert.equal(await ensure(client, user_id, { now: () => NOW }), 'already_enrolled');
  return `ensure ${milliseconds.toFixed(1)} ms`;
}

/**
 * A backfill, whose counts are those of the extension. Wallets are in the place of some markers.
 *
 * @param {Client} client
 * @param {number} [enrolled] before
 * @param {import('../../packaging/npm/dist/sql.js').BackfillOptions} [options]
 */
export async function enrollsAll(client, enrolled = 0, options = {}) {
  const error = await backfill(client, { ownersPerPage: 1000, now: () => NOW, ...options }).then(
    () => assert.fail('no marker is refused'),
    (reason) => reason,
  );
  if (!(error instanceof MarkersRefused)) throw error;
  const { created, already_enrolled } = EXPECTED.report;
  const counts = { ...EXPECTED.report, created: created - enrolled, already_enrolled: already_enrolled + enrolled };
  assert.deepEqual(error.report, counts);
  assert.deepEqual(error.refused, []);
}

/** Every column of every row is as the extension leaves it. @param {Client} client */
export async function hasTheRows(client) {
  assert.deepEqual(linesOf((await client.execute(ROWS, [])).rows), EXPECTED.lines);
  assert.deepEqual(await due(client), []);
}

/** Who gets a facilitator is enrolled by the trigger. All is as before then. @param {Client} client */
export async function enrollsByTrigger(client) {
  await client.execute(statements.triggers, []);
  await client.execute(`INSERT INTO "user" (id, name, email) VALUES ('New0Owner', 'New', 'new@example.org')`, []);
  const facilitator = ['new', 'new0owner', '2026-01-21T10:30:00+02:00'];
  await client.execute(`INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) VALUES (?, 'New', 'new', ?, ?)`, facilitator);
  const { rows } = await client.execute(`SELECT user_id, verified_at, created_at FROM reward_addresses WHERE user_id = 'New0Owner'`, []);
  const since = '2026-01-21 08:30:00';
  assert.deepEqual(Array.from(rows, (row) => ({ ...row })), [{ user_id: 'New0Owner', verified_at: since, created_at: since }]);
  await client.execute('DROP TRIGGER facilitator_markers_enroll', []);
  for (const [table, id] of [['reward_addresses', 'user_id'], ['"user"', 'id'], ['facilitators', 'owner_address']]) {
    await client.execute(`DELETE FROM ${table} WHERE lower(${id}) = 'new0owner'`, []);
  }
}

/** All of it, on an engine that has the workload. @param {Client} client @returns {Promise<string>} its figures */
export async function passes(client) {
  await hasTheLists(client);
  await enrollsByTrigger(client);
  const one = await enrollsOne(client);
  const without = timed(client);
  await enrollsAll(without, 1);
  await hasTheRows(client);
  await client.execute(UNDO, []);
  await client.execute(INDEX, []);
  const indexed = timed(client);
  await enrollsAll(indexed);
  await hasTheRows(client);
  const [page, indexedPage, due] = [without.middleOf(statements.page), indexed.middleOf(statements.page), indexed.middleOf(statements.due)];
  const pages = `a page of 1,000 owners ${page}, with an index on lower(id) ${indexedPage}; due ${due}`;
  return `${await versionOf(client)}; ${EXPECTED.due.length} of 8,000 users due; ${one}; ${pages}`;
}

/** @param {Client} client */
export async function versionOf(client) {
  try {
    const { rows } = await client.execute('SELECT sqlite_version() AS version', []);
    return `SQLite ${/** @type {any} */ (rows[0]).version}`;
  } catch {
    return 'a SQLite that keeps its version to itself';
  }
}
