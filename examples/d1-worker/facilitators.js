// Creating a facilitator, and its owner's enrollment marker in the same transaction: a batch of D1 is one.

import { clock, statements } from 'facilitator-markers/sql';

const INSERT = `INSERT INTO facilitators (id, name, subdomain, owner_address)
  SELECT ?, ?, ?, lower(id) FROM "user" WHERE id = ?`;

/**
 * @param {any} database the binding
 * @param {{ owner: string, name: string, subdomain: string }} wish whose `owner` is the user's id as stored
 * @returns {Promise<{ id: string, enrollment: string } | undefined>} nothing where there is no such user
 */
export async function createFacilitator(database, { owner, name, subdomain }) {
  const id = crypto.randomUUID();
  const [inserted, ensured, outcome] = await database.batch([
    database.prepare(INSERT).bind(id, name, subdomain, owner),
    database.prepare(statements.ensure).bind(owner, clock()),
    database.prepare(statements.outcome).bind(owner),
  ]);
  if (inserted.meta.changes === 0) return undefined;
  const enrollment = ensured.meta.changes > 0 ? 'created' : outcome.results[0].outcome;
  if (enrollment !== 'created' && enrollment !== 'already_enrolled') {
    console.error(`facilitator ${id} of ${owner}: ${enrollment}, its volume does not count yet`);
  }
  return { id, enrollment };
}
