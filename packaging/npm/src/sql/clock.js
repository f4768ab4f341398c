// The clock's reading, which the statements have bound: engines that replicate statements would each read their own.

/**
 * A time as markers have it, `YYYY-MM-DD HH:MM:SS` in UTC.
 *
 * @param {number} [milliseconds] since 1970: now
 * @returns {string}
 */
export function clock(milliseconds = Date.now()) {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}
