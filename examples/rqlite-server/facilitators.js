// Creating a facilitator, and its owner's enrollment marker in the same transaction.

import { randomUUID } from 'node:crypto';

import { clock, statements } from 'facilitator-markers/sql';

import { transaction } from './rqlite.js';

// Each node would evaluate the column's default, the time of day, anew: the host's reading is bound. And a request can be sent
// twice: the facilitator has its id by then.
const INSERT = `INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
  SELECT ?, ?, ?, lower(id), ? FROM "user" WHERE id = ?
  ON CONFLICT (id) DO NOTHING`;
const CREATED = 'SELECT id FROM facilitators WHERE id = ?';

/** @typedef {{ owner: string, name: string, subdomain: string }} Wish `owner` is the user's id as stored */

/**
 * @param {string[]} urls of the nodes
 * @param {Wish} wish
 * @returns {Promise<{ id: string, enrollment: string } | undefined>} nothing where there is no such user
 */
export async function createFacilitator(urls, { owner, name, subdomain }) {
  const id = randomUUID();
  const now = clock();
  const results = await transaction(urls, [
    [INSERT, id, name, subdomain, now, owner],
    [statements.ensure, owner, now],
    [statements.outcome, owner],
    [CREATED, id],
  ]);
  const failed = results.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error);
  const [, { rows_affected: written = 0 }, { rows: [{ outcome }] }, { rows: created = [] }] = results;
  if (created.length === 0) return undefined;
  return { id, enrollment: written > 0 ? 'created' : outcome };
}
