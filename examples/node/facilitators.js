// Creating a facilitator, and its owner's enrollment marker in the same transaction.

import { randomUUID } from 'node:crypto';

import { ensureFacilitatorMarker } from 'facilitator-markers';

/** @import { Enrollment } from 'facilitator-markers' */

/**
 * @typedef {object} Wish
 * @property {string} owner the owner's user id, as stored or in lower case
 * @property {string} name
 * @property {string} subdomain
 */

/** No user has the id, or none that it could only mean. */
export class UnknownUser extends Error {}

/**
 * @param {import('better-sqlite3').Database} db
 * @returns {(wish: Wish) => { id: string, enrollment: Enrollment }} throws {@link UnknownUser}, and creates nothing then
 */
export function facilitatorCreator(db) {
  const insert = db.prepare(
    'INSERT INTO facilitators (id, name, subdomain, owner_address) VALUES (?, ?, ?, lower(?))',
  );
  const create = db.transaction((/** @type {Wish} */ { owner, name, subdomain }) => {
    const id = randomUUID();
    insert.run(id, name, subdomain, owner);
    const enrollment = ensureFacilitatorMarker(db, owner);
    if (enrollment === 'unknown_user') throw new UnknownUser(`no user has the id ${owner}`);
    return { id, enrollment };
  });
  return (wish) => create.immediate(wish);
}
