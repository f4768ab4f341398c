// What the drivers have in common: better-sqlite3, node:sqlite (of Node and Deno) and bun:sqlite.

import { explained, isGeneral } from './failure.js';

/**
 * A connection of better-sqlite3, node:sqlite or bun:sqlite. The host owns it.
 *
 * @typedef {object} Connection
 * @property {(sql: string) => Statement} prepare
 * @property {(path: string, ...more: any[]) => unknown} loadExtension
 */

/**
 * @typedef {object} Statement
 * @property {(...parameters: any[]) => unknown} get
 * @property {(...parameters: any[]) => unknown} run
 * @property {(...parameters: any[]) => Iterable<unknown>} iterate
 */

/**
 * The value that a function of SQL answers.
 *
 * @param {Connection} db
 * @param {string} call such as `ensure_facilitator_marker(?)`
 * @param {(string | number)[]} parameters
 * @returns {unknown}
 */
export function answerOf(db, call, ...parameters) {
  try {
    // Prepared anew each time, which takes microseconds: a statement that is kept would keep the connection from being closed.
    const row = db.prepare(`SELECT ${call} AS answer`).get(...parameters);
    return /** @type {{ answer: unknown }} */ (row).answer;
  } catch (error) {
    throw explained(db, error);
  }
}

/**
 * Whether the host is in a transaction.
 *
 * @param {Connection} db
 * @returns {boolean}
 */
export function isInTransaction(db) {
  const { inTransaction, isTransaction } = /** @type {{ inTransaction?: boolean, isTransaction?: boolean }} */ (
    /** @type {unknown} */ (db)
  );
  return inTransaction ?? isTransaction ?? isRefusedAnother(db);
}

/**
 * Before Node 22.16, node:sqlite doesn't tell. To begin a transaction and to end it takes no lock; and nothing else about BEGIN
 * fails with SQLite's general error.
 *
 * @param {Connection} db
 */
function isRefusedAnother(db) {
  try {
    db.prepare('BEGIN').run();
  } catch (error) {
    if (isGeneral(error)) return true;
    throw explained(db, error);
  }
  run(db, 'COMMIT');
  return false;
}

/**
 * What the call answers, on a connection that doesn't wait for locks meanwhile: while a driver waits, nothing else runs, and
 * whoever has the lock may be in this very process.
 *
 * @template Answer
 * @param {Connection} db
 * @param {() => Answer} call
 * @returns {Answer}
 */
export function withoutWaiting(db, call) {
  const timeout = busyTimeout(db);
  if (timeout === 0) return call();
  busyTimeout(db, 0);
  try {
    return call();
  } finally {
    busyTimeout(db, timeout);
  }
}

/**
 * @param {Connection} db
 * @param {number} [milliseconds] from now on
 * @returns {number}
 */
function busyTimeout(db, milliseconds) {
  const pragma = milliseconds === undefined ? 'PRAGMA busy_timeout' : `PRAGMA busy_timeout = ${milliseconds}`;
  const { timeout } = /** @type {{ timeout: number | bigint }} */ (db.prepare(pragma).get());
  return Number(timeout);
}

/**
 * @param {Connection} db
 * @param {string} sql
 */
export function run(db, sql) {
  try {
    db.prepare(sql).run();
  } catch (error) {
    throw explained(db, error);
  }
}
