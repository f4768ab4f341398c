// The calls that answer at once.

import { answerOf } from './connection.js';

/** @import { Connection } from './connection.js' */
/** @typedef {'created' | 'already_enrolled' | 'unknown_user'} Created */
/** @typedef {Created | 'not_an_owner' | 'ambiguous_user' | 'unreadable_date'} Enrollment */

/**
 * The counts of a backfill. `owners` is the sum of the four that follow it.
 *
 * @typedef {object} Report
 * @property {number} owners
 * @property {number} created
 * @property {number} already_enrolled
 * @property {number} unreadable_date
 * @property {number} refused
 * @property {number} unknown_users by distinct `owner_address`
 * @property {number} ambiguous_users likewise
 * @property {number} unreadable_dates over all facilitators
 */

/** @typedef {Report & { warnings: string[] }} Preview */

/**
 * Makes sure that the user's marker is there, dated with the earliest of the user's facilitators. Call it in the transaction
 * that inserts the facilitator.
 *
 * @param {Connection} db
 * @param {string} userId as stored, or in other upper and lower case where only one user can be meant
 * @returns {Enrollment}
 */
export function ensureFacilitatorMarker(db, userId) {
  return /** @type {Enrollment} */ (answerOf(db, 'ensure_facilitator_marker(?)', userId));
}

/**
 * Writes the marker of exactly this user with this date, whether or not a facilitator is the user's.
 *
 * @param {Connection} db
 * @param {string} userId
 * @param {string} enrollmentDate such as `2026-01-21T10:00:00Z`
 * @returns {Created}
 */
export function createFacilitatorMarker(db, userId, enrollmentDate) {
  return /** @type {Created} */ (answerOf(db, 'create_facilitator_marker(?, ?)', userId, enrollmentDate));
}

/**
 * What a backfill would do. Writes nothing.
 *
 * @param {Connection} db
 * @returns {Preview}
 */
export function previewFacilitatorMarkers(db) {
  return JSON.parse(/** @type {string} */ (answerOf(db, 'preview_facilitator_markers()')));
}

/**
 * The version of the extension that is loaded.
 *
 * @param {Connection} db
 * @returns {string}
 */
export function facilitatorMarkersVersion(db) {
  return /** @type {string} */ (answerOf(db, 'facilitator_markers_version()'));
}
