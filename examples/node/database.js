// Opening the host's database, with the extension loaded into its connection.

import Database from 'better-sqlite3';

/**
 * @param {string} path of the database
 * @param {string} extension path of facilitator_markers.so; its ending may be left out
 * @returns {Database.Database} it doesn't wait while another process writes: nothing would be answered meanwhile
 */
export function openDatabase(path, extension) {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('busy_timeout = 0');
  db.loadExtension(extension);
  return db;
}
