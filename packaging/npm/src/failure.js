// What a driver throws, with what a program needs to decide by.

/** @import { Connection } from './connection.js' */

/** The primary codes that pass by themselves: see docs/errors.md. */
const RETRYABLE = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [7, 'SQLITE_NOMEM'],
  [15, 'SQLITE_PROTOCOL'],
  [17, 'SQLITE_SCHEMA'],
]);
const ABORT_ROLLBACK = 516;

/**
 * An error of SQLite, as a driver throws it.
 *
 * @typedef {Error & { retryable: boolean }} SqliteFailure `retryable`: whether the same call may succeed a little later
 */

/**
 * The error itself, with `retryable`, and with advice where the extension isn't loaded.
 *
 * @param {Connection} db
 * @param {unknown} error
 * @returns {unknown}
 */
export function explained(db, error) {
  if (!(error instanceof Error)) return error;
  if (isGeneral(error) && !isLoaded(db)) advise(error, 'call load(db) when the connection is opened');
  return withRetryable(error);
}

/** @param {unknown} error @param {string} advice */
export function advise(error, advice) {
  /** @type {Error} */ (error).message += `: ${advice}`;
}

/** @param {unknown} error */
export function withRetryable(error) {
  if (!(error instanceof Error)) return error;
  return Object.assign(error, { retryable: isOneOf(error, RETRYABLE) || isAbortRollback(error) });
}

/** @param {unknown} error */
export function isBusy(error) {
  return isOneOf(error, new Map([[5, 'SQLITE_BUSY']]));
}

/**
 * Whether SQLite has no code of its own for it, as for what it doesn't know.
 *
 * @param {unknown} error
 */
export function isGeneral(error) {
  return isOneOf(error, new Map([[1, 'SQLITE_ERROR']]));
}

/** @param {Connection} db */
function isLoaded(db) {
  try {
    db.prepare('SELECT facilitator_markers_version()').get();
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {unknown} error
 * @param {Map<number, string>} codes
 */
function isOneOf(error, codes) {
  const number = codeOf(error);
  if (number !== undefined) return codes.has(number & 0xff);
  const name = nameOf(error);
  return [...codes.values()].some((code) => name === code || name.startsWith(`${code}_`));
}

/** @param {unknown} error */
function isAbortRollback(error) {
  return codeOf(error) === ABORT_ROLLBACK || nameOf(error) === 'SQLITE_ABORT_ROLLBACK';
}

/**
 * The number: node:sqlite and Deno have it in `errcode`, Bun in `errno`.
 *
 * @param {unknown} error
 * @returns {number | undefined}
 */
function codeOf(error) {
  const { errcode, errno } = /** @type {{ errcode?: unknown, errno?: unknown }} */ (error);
  return [errcode, errno].find((code) => typeof code === 'number');
}

/**
 * The name: better-sqlite3 has it in `code`.
 *
 * @param {unknown} error
 */
function nameOf(error) {
  return String(/** @type {{ code?: unknown }} */ (error).code);
}
