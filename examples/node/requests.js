// What the server answers.

import { onceFree } from './busy.js';
import { UnknownUser, facilitatorCreator } from './facilitators.js';
import { volumeReader } from './volume.js';

/** @typedef {{ status: number, body: object }} Answer */

/**
 * @param {import('better-sqlite3').Database} db
 * @param {import('./backfill.js').Progress} progress
 * @param {() => Promise<import('./markers.js').Audit>} audit
 * @returns {(method: string, path: string, body: string) => Promise<Answer>}
 */
export function requestHandler(db, progress, audit) {
  const createFacilitator = facilitatorCreator(db);
  const volumeOf = volumeReader(db);

  /** @param {unknown} wish */
  const create = async (wish) => {
    if (!isWish(wish)) return { status: 400, body: { error: 'owner, name and subdomain have to be text' } };
    const { id, enrollment } = await onceFree(() => createFacilitator(wish));
    if (enrollment === 'ambiguous_user' || enrollment === 'unreadable_date') {
      console.error(`facilitator ${id} of ${wish.owner}: ${enrollment}, its volume does not count yet`);
    }
    return { status: 201, body: { id, enrollment } };
  };

  return async (method, path, body) => {
    const asked = `${method} ${path}`;
    if (asked === 'GET /health') return { status: 200, body: { status: 'ok', backfill: progress } };
    if (asked === 'GET /admin/markers') return { status: 200, body: await audit() };
    // An administrator picks the owner from the list of users: the id is exact.
    if (asked === 'POST /admin/facilitators') return create(JSON.parse(body));
    // A subscription carries the owner in lower case, as facilitators do. The payment provider asks again until it is
    // answered with success.
    if (asked === 'POST /webhooks/subscription') return create(JSON.parse(body));
    const user = /^GET \/rewards\/([^/]+)$/.exec(asked)?.[1];
    if (user !== undefined) {
      const id = decodeURIComponent(user);
      return { status: 200, body: { user: id, volume: String(volumeOf(id)) } };
    }
    return { status: 404, body: { error: `there is no ${asked}` } };
  };
}

/**
 * @param {unknown} error
 * @returns {Answer}
 */
export function answerTo(error) {
  if (error instanceof UnknownUser) return { status: 404, body: { error: error.message } };
  if (error instanceof SyntaxError || error instanceof URIError) return { status: 400, body: { error: error.message } };
  console.error(error);
  return { status: 500, body: { error: 'try again' } };
}

/**
 * @param {unknown} value
 * @returns {value is import('./facilitators.js').Wish}
 */
function isWish(value) {
  if (typeof value !== 'object' || value === null) return false;
  const members = /** @type {Record<string, unknown>} */ (value);
  return ['owner', 'name', 'subdomain'].every((name) => typeof members[name] === 'string');
}
