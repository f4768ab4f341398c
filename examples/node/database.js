// Opening the host's database, with the extension loaded into its connection.

import Database from 'better-sqlite3';
import { load } from 'facilitator-markers';

/**
 * @param {string} path of the database
 * @returns {Database.Database} it doesn't wait while another process writes: nothing would be answered meanwhile
 */
export function openDatabase(path) {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('busy_timeout = 0');
  load(db);
  return db;
}
