// The pages of a backfill: stretches of user ids, that together leave nobody out.

import { statements } from './statements.js';

/**
 * @typedef {object} Page
 * @property {string[]} owners those who were due, in order
 * @property {string} first the id with which it begins
 * @property {string} [after] the id before which it ends, if it does
 * @property {boolean} [isOne] whether nobody but its owner can be on it
 */

/**
 * Pages of all ids, whoever else becomes due meanwhile, except those of the owners who were refused. The first has no lower
 * bound and the last no upper one, and where one ends the next begins: whatever order a collation has, they are all ids.
 *
 * @param {string[]} due in order
 * @param {{ has: (id: string) => boolean }} refused
 * @param {number} ownersPerPage
 * @returns {Page[]}
 */
export function pagesOf(due, refused, ownersPerPage) {
  /** @type {Page[]} */
  const pages = [];
  /** @type {Page | undefined} */
  let page;
  for (const [place, id] of due.entries()) {
    if (page !== undefined && (refused.has(id) || page.owners.length === ownersPerPage)) {
      page.after = id;
      page = undefined;
    }
    if (refused.has(id)) continue;
    if (page === undefined) pages.push((page = { owners: [], first: place === 0 ? '' : id }));
    page.owners.push(id);
  }
  return pages;
}

/**
 * What a page that the engine refuses is divided into; nothing where it is one owner's.
 *
 * @param {Page} page
 * @returns {Page[]}
 */
export function halvesOf({ owners, first, after, isOne }) {
  if (isOne) return [];
  if (owners.length === 1) return [pageOfOne(owners[0])];
  const middle = owners.length >> 1;
  return [
    { owners: owners.slice(0, middle), first, after: owners[middle] },
    { owners: owners.slice(middle), first: owners[middle], after },
  ].map((half) => (half.owners.length === 1 ? pageOfOne(half.owners[0]) : half));
}

/**
 * Somebody who has become due meanwhile can be beside an owner, and may not be refused together.
 *
 * @param {string} owner
 * @returns {Page}
 */
export function pageOfOne(owner) {
  return { owners: [owner], first: owner, after: `${owner}\u0001`, isOne: true };
}

/**
 * @param {Page} page
 * @param {string} clock
 * @returns {[sql: string, ...args: string[]]}
 */
export function statementOf({ first, after }, clock) {
  return after === undefined ? [statements.last_page, clock, first] : [statements.page, clock, first, after];
}
