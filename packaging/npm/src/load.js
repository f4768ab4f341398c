// Loading the extension into a connection.

import { getLoadablePath } from './loadable_path.js';

/** @import { Connection } from './connection.js' */

/**
 * Loads the extension into a connection; once for each, when it is opened. node:sqlite needs `allowExtension: true`, and is
 * kept from loading others afterwards.
 *
 * @param {Pick<Connection, 'loadExtension'>} db
 * @throws where there is no extension for this platform, or SQLite refuses it
 */
export function load(db) {
  db.loadExtension(getLoadablePath());
  const { enableLoadExtension } = /** @type {{ enableLoadExtension?: (allow: boolean) => void }} */ (db);
  enableLoadExtension?.call(db, false);
}
