// The lists, a row at a time.

import { setImmediate as untilOthersHadTheirTurn } from 'node:timers/promises';

import { explained } from './failure.js';

/** @import { Connection, Statement } from './connection.js' */

/**
 * An owner whom a backfill would enroll.
 *
 * @typedef {object} DueOwner
 * @property {string} user_id
 * @property {string} enrollment_date
 * @property {boolean} is_to_come whether that is later than now, which is for a person to look into
 */

/**
 * An owner whom a backfill would leave out.
 *
 * @typedef {object} SkippedOwner
 * @property {'unknown_user' | 'ambiguous_user' | 'unreadable_date' | 'refused'} reason
 * @property {string | null} owner_address with the first two reasons
 * @property {string | null} user_id with the others
 * @property {{ user_id: string, is_enrolled: boolean }[]} candidates the users whom an ambiguous address could mean, ten at most
 * @property {number} candidate_count
 * @property {{ id: string | null, created_at: string }[]} facilitators those whose date can't be read, a hundred at most
 * @property {number} facilitator_count
 * @property {string} message says what to do
 */

/**
 * Something that is wrong with a marker.
 *
 * @typedef {object} Finding
 * @property {'dated_late' | 'date_form' | 'not_verified' | 'duplicate' | 'orphan' | 'not_an_owner' | 'dated_early'} name
 * @property {string} marker_id
 * @property {string} user_id
 * @property {string} address
 * @property {string} verification_status
 * @property {string | null} verified_at
 * @property {string} created_at
 * @property {string | null} enrollment_date with `dated_late` and `dated_early`
 * @property {string | null} other_marker_id with `duplicate`
 * @property {string | null} same_fold with `orphan`, where there is such a user
 * @property {'repair' | 'statement' | 'withheld' | 'nothing'} mend
 * @property {'created_at' | 'verification_status' | null} column what a repair sets
 * @property {string | null} value to this
 * @property {string | null} statement for the host to decide on
 * @property {string} message says what is wrong and what mends it
 * @property {bigint | null} [counted] the volume that the marker makes count, with `cost`
 * @property {bigint | null} [total] all volume of the user's facilitators, with `cost`
 * @property {number | null} [unreadable_amounts] how many amounts are in neither, with `cost`
 */

/**
 * Each owner whom a backfill would enroll.
 *
 * @param {Connection} db which is busy until the list ends: see {@link rows}
 * @returns {AsyncGenerator<DueOwner, void, undefined>}
 */
export async function* dueOwners(db) {
  for await (const { user_id, enrollment_date, is_to_come } of rows(db, 'SELECT * FROM facilitator_markers_due')) {
    yield { user_id, enrollment_date, is_to_come: Boolean(is_to_come) };
  }
}

/**
 * Each owner whom a backfill would leave out, and why.
 *
 * @param {Connection} db which is busy until the list ends: see {@link rows}
 * @returns {AsyncGenerator<SkippedOwner, void, undefined>}
 */
export async function* skippedOwners(db) {
  for await (const row of rows(db, 'SELECT * FROM facilitator_markers_skipped')) {
    yield {
      ...row,
      candidates: JSON.parse(row.candidates ?? '[]'),
      candidate_count: row.candidate_count ?? 0,
      facilitators: JSON.parse(row.facilitators ?? '[]'),
      facilitator_count: row.facilitator_count ?? 0,
    };
  }
}

/**
 * Everything that is wrong with the markers that are there.
 *
 * @param {Connection} db which is busy until the list ends: see {@link rows}
 * @param {{ cost?: boolean }} [options] with `cost`, what each costs: reads the transactions of the owner
 * @returns {AsyncGenerator<Finding, void, undefined>}
 */
export async function* auditFacilitatorMarkers(db, { cost = false } = {}) {
  const columns = cost ? '*, counted, total, unreadable_amounts' : '*';
  for await (const row of rows(db, `SELECT ${columns} FROM facilitator_markers_audit`)) {
    yield cost ? { ...row, counted: whole(row.counted), total: whole(row.total) } : row;
  }
}

/** @param {string | null} digits */
const whole = (digits) => (digits === null ? null : BigInt(digits));

/** After how many rows the event loop runs. */
const ROWS_PER_TURN = 100;

/**
 * The statement of each iterator: that of an older node:sqlite lets its own be collected as garbage.
 *
 * @type {WeakMap<Iterable<unknown>, Statement>}
 */
const STATEMENTS = new WeakMap();

/**
 * The rows of a SELECT, between some of which the event loop runs. Until the last one, or the end of the loop that reads them,
 * the connection is busy: the host uses another one meanwhile. The first row comes when the host's tables are read, which takes
 * a second where there are a million users; a server that can't wait so long reads lists in a worker thread.
 *
 * @param {Connection} db
 * @param {string} sql
 * @returns {AsyncGenerator<any, void, undefined>}
 */
async function* rows(db, sql) {
  try {
    let row = 0;
    const statement = db.prepare(sql);
    const iterated = statement.iterate();
    STATEMENTS.set(iterated, statement);
    for (const each of iterated) {
      // The prototype of a row is the driver's.
      yield { .../** @type {object} */ (each) };
      if (++row % ROWS_PER_TURN === 0) await untilOthersHadTheirTurn();
    }
  } catch (error) {
    throw explained(db, error);
  }
}
