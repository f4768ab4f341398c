// A host's database for tests and benchmarks.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';

const schema = readFileSync(new URL('../../../tests/host/schema.sql', import.meta.url), 'utf8');

export const extension = fileURLToPath(
  new URL('../../../extension/target/release/facilitator_markers', import.meta.url),
);

/** The id of the user with this number: 32 characters, as an auth library makes them. @param {number} number */
export function userId(number) {
  return `User${String(number).padStart(26, '0')}zZ`;
}

/**
 * A database of so many users, the first of whom are owners without markers. Each owner has a facilitator that settled
 * 1000 on the day on which it was created.
 *
 * @param {{ users: number, owners: number }} size
 */
export function createHost({ users, owners }) {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  const path = join(folder, 'host.db');
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.exec(schema);
  const numbers = `WITH RECURSIVE numbers(number) AS (
    VALUES (0) UNION ALL SELECT number + 1 FROM numbers WHERE number < ? - 1)`;
  const id = "'User' || printf('%026d', number) || 'zZ'";
  db.transaction(() => {
    // Users register in no order of their ids.
    db.prepare(`${numbers} INSERT INTO "user" (id, name, email) SELECT ${id}, 'U', number FROM numbers ORDER BY random()`)
      .run(users);
    db.prepare(`${numbers} INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
      SELECT 'f' || number, 'F', 's' || number, lower(${id}), '2026-01-21 10:00:00' FROM numbers`).run(owners);
    db.prepare(`${numbers} INSERT INTO transactions
      (id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)
      SELECT 't' || number, 'f' || number, 'settle', 'base', 'payer', 'shop', '1000', 'USDC', 'success',
             '2026-01-21 10:00:00' FROM numbers`).run(owners);
  })();
  return {
    path,
    db,
    remove() {
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}
