// What the functions need of an engine.

/**
 * Anything that runs one statement and gives its rows: the clients of `@libsql/client` do, and so do the adapters.
 *
 * @typedef {object} Client
 * @property {(sql: string, args: string[]) => Promise<Result>} execute binds by place; rejected where the engine fails,
 *   and where it doesn't answer in the time that the client gives it
 */

/**
 * @typedef {object} Result
 * @property {ArrayLike<unknown>} rows of a statement that reads: objects with a property for each column
 * @property {number} rowsAffected of a statement that writes
 */

/**
 * The rows of a statement that reads.
 *
 * @param {Result} result
 * @returns {any[]}
 */
export const rowsOf = ({ rows }) => Array.from(rows);

const READS = /^(?:\s|\/\*[^]*?\*\/)*(?:SELECT|WITH)\b/i;

/**
 * Whether a statement writes. Many drivers have one call for these, and one for those that read.
 *
 * @param {string} sql
 */
export const writes = (sql) => !READS.test(sql);
