// What the package promises, tried in one driver. It runs in Node, Bun and Deno.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { backfills } from './backfills.js';
import { calls } from './calls.js';
import { repairs } from './repairs.js';

const PROMISES = { ...calls, ...backfills, ...repairs };

/**
 * @param {typeof import('../dist/index.js')} markers the package
 * @param {(path: string) => any} connect opens a connection that doesn't wait for locks
 * @param {string} schema the host's tables
 */
export async function promises(markers, connect, schema) {
  for (const [name, promise] of Object.entries(PROMISES)) {
    const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
    const path = join(folder, 'host.db');
    const db = connect(path);
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF');
      db.exec(schema);
      markers.load(db);
      await promise({ markers, db, path, connect, folder });
    } catch (error) {
      throw new Error(name, { cause: error });
    } finally {
      db.close();
      rmSync(folder, { recursive: true });
    }
  }
  return Object.keys(PROMISES).length;
}
