// What the drivers have in common: better-sqlite3, node:sqlite (of Node and Deno) and bun:sqlite.

import { explained } from './failure.js';

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
    throw explained(error);
  }
}

/**
 * Whether the host is in a transaction.
 *
 * @param {Connection} db
 */
export function isInTransaction(db) {
  const { inTransaction, isTransaction } = /** @type {{ inTransaction?: boolean, isTransaction?: boolean }} */ (
    /** @type {unknown} */ (db)
  );
  return inTransaction ?? isTransaction ?? false;
}

/**
 * @param {Connection} db
 * @param {string} sql
 */
export function run(db, sql) {
  try {
    db.prepare(sql).run();
  } catch (error) {
    throw explained(error);
  }
}
