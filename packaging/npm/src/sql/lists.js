// What can be asked. Each is one statement, and nothing waits for an engine that doesn't answer.

import { rowsOf } from './client.js';
import { statements } from './statements.js';

/** @import { Client } from './client.js' */
/** @import { Report } from '../markers.js' */
/** @import { Finding } from '../lists.js' */

/** @typedef {{ user_id: string, enrollment_date: string }} Due */

/**
 * Why a backfill would leave somebody out: a row for each thing to look at.
 *
 * @typedef {object} Skipped
 * @property {'unknown_user' | 'ambiguous_user' | 'unreadable_date' | 'refused'} reason
 * @property {string | null} owner_address with the first two reasons
 * @property {string | null} user_id with the others the owner's; of those whom an ambiguous address could mean, one
 * @property {boolean | null} is_enrolled whether that one has a marker
 * @property {string | null} facilitator_id of one whose date can't be read
 * @property {string | null} created_at likewise
 */

/**
 * Something that is wrong with a marker. Where `mend` is `repair`, `statement` does what a repair does, to a row that nobody
 * has changed since; that of `not_verified` has one value, the clock's reading.
 *
 * @typedef {Omit<Finding, 'message' | 'counted' | 'total' | 'unreadable_amounts'>} Wrong
 */

/**
 * Whom a backfill would enroll.
 *
 * @param {Client} client
 * @returns {Promise<Due[]>}
 */
export async function due(client) {
  return rowsOf(await client.execute(statements.due, [])).map(({ user_id, enrollment_date }) => ({ user_id, enrollment_date }));
}

/**
 * Whom a backfill would leave out.
 *
 * @param {Client} client
 * @returns {Promise<Skipped[]>}
 */
export async function skipped(client) {
  return rowsOf(await client.execute(statements.skipped, [])).map((row) => ({
    reason: row.reason,
    owner_address: row.owner_address,
    user_id: row.user_id,
    is_enrolled: row.is_enrolled === null ? null : Boolean(Number(row.is_enrolled)),
    facilitator_id: row.facilitator_id,
    created_at: row.created_at,
  }));
}

/**
 * What a backfill would count.
 *
 * @param {Client} client
 * @returns {Promise<Report>}
 */
export async function report(client) {
  return reportOf(await client.execute(statements.report, []));
}

/** @param {import('./client.js').Result} result @returns {Report} */
export function reportOf(result) {
  const [row] = rowsOf(result);
  return {
    owners: Number(row.owners),
    created: Number(row.created),
    already_enrolled: Number(row.already_enrolled),
    unreadable_date: Number(row.unreadable_date),
    refused: Number(row.refused),
    unknown_users: Number(row.unknown_users),
    ambiguous_users: Number(row.ambiguous_users),
    unreadable_dates: Number(row.unreadable_dates),
  };
}

/**
 * What is wrong with the markers that are there.
 *
 * @param {Client} client
 * @returns {Promise<Wrong[]>}
 */
export async function audit(client) {
  return rowsOf(await client.execute(statements.audit, [])).map((row) => ({
    name: row.name,
    marker_id: row.marker_id,
    user_id: row.user_id,
    address: row.address,
    verification_status: row.verification_status,
    verified_at: row.verified_at,
    created_at: row.created_at,
    enrollment_date: row.enrollment_date,
    other_marker_id: row.other_marker_id,
    same_fold: row.same_fold,
    mend: row.mend,
    column: row.column,
    value: row.value,
    statement: row.statement,
  }));
}
