// Opening the host's database, with the extension loaded into its connection.

import Database from 'better-sqlite3';

/**
 * @param {string} path of the database
 * @param {string} extension path of facilitator_markers.so; its ending may be left out
 * @param {Database.Options} [options]
 * @returns {Database.Database}
 */
export function openDatabase(path, extension, options) {
  const db = new Database(path, options);
  db.pragma('journal_mode = WAL');
  db.loadExtension(extension);
  return db;
}
