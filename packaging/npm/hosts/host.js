// What the promises have in common: a host's rows, and what a call gave.

import assert from 'node:assert/strict';

/** @param {any} db */
export function addOwners(db, count, prefix = 'Owner') {
  const user = db.prepare('INSERT INTO "user"(id, name, email) VALUES (?, ?, ?)');
  const facilitator = db.prepare(
    "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES (?, 'F', ?, ?, '2026-01-21 10:00:00')",
  );
  db.exec('BEGIN');
  for (let number = 0; number < count; number++) {
    const id = `${prefix}${number}`;
    user.run(id, 'O', id);
    facilitator.run(id, id, id.toLowerCase());
  }
  db.exec('COMMIT');
}

/** @param {any} db */
export const count = (db, sql) => Number(Object.values(db.prepare(`SELECT count(*) AS count FROM ${sql}`).get())[0]);
export const rows = (db) => JSON.stringify(db.prepare('SELECT * FROM reward_addresses ORDER BY id').all());

export async function failure(promise) {
  try {
    await promise();
  } catch (error) {
    return error;
  }
  return assert.fail('it did not fail');
}

export async function listed(list) {
  const items = [];
  for await (const item of list) {
    items.push(item);
    // In Node with --expose-gc: what the list needs is still there afterwards.
    if (items.length === 50) globalThis.gc?.();
  }
  return items;
}

export const WRONG = `INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
  SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', '2026-05-01', '2026-05-01 00:00:00' FROM "user"`;
