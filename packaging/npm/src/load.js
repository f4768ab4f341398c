// Loading the extension into a connection.

import { existsSync } from 'node:fs';

import { advise, withRetryable } from './failure.js';
import { getLoadablePath } from './loadable_path.js';

/** @import { Connection } from './connection.js' */

/** What SQLite adds to the name of a library. */
const ENDINGS = ['', '.so', '.dll', '.dylib'];

/**
 * Loads the extension into a connection; once for each, when it is opened. node:sqlite needs `allowExtension: true`, and is
 * kept from loading others afterwards.
 *
 * @param {Pick<Connection, 'loadExtension'>} db
 * @throws where there is no extension for this platform, or SQLite refuses it
 */
export function load(db) {
  const path = getLoadablePath();
  // SQLite would say that it found no file of the name that it tries last.
  if (!ENDINGS.some((ending) => existsSync(path + ending))) {
    throw new Error(`there is no ${path}, which FACILITATOR_MARKERS_EXTENSION names`);
  }
  try {
    db.loadExtension(path);
  } catch (error) {
    advise(error, `${path} has to be the extension for this system`);
    throw withRetryable(error);
  }
  const { enableLoadExtension } = /** @type {{ enableLoadExtension?: (allow: boolean) => void }} */ (db);
  enableLoadExtension?.call(db, false);
}
