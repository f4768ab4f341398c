// All owners, in pages. What an answer counts is no measure, as a page can be committed whose answer never came: `due` is.

import { rowsOf } from './client.js';
import { clock } from './clock.js';
import { reportOf } from './lists.js';
import { pageOfOne, pagesOf } from './pages.js';
import { withPatience } from './patience.js';
import { statements } from './statements.js';
import { Visits } from './visits.js';

/** @import { Client } from './client.js' */
/** @import { Patience } from './patience.js' */
/** @import { Progress } from './visits.js' */
/** @import { Report } from '../markers.js' */

const OWNERS_PER_PAGE = 500;
/** How often nothing may change before those who are still due are refused: a replica that answers can be behind. */
const IDLE_ROUNDS = 3;
const REMOVED = "a trigger, a conflict clause or a further unique constraint of the host's keeps the row out";

/**
 * @typedef {object} Pages
 * @property {number} [ownersPerPage] how many owners a statement enrolls at most: 500
 * @property {(progress: Progress) => void} [onProgress] is called after each page
 */

/** @typedef {import('./patience.js').Patience & Pages} BackfillOptions */

/**
 * Enrolls every owner who has no marker. Call it at every start; what it doesn't get done, the next call does. The client
 * reads where it writes, or else from a replica that follows at once.
 *
 * @param {Client} client
 * @param {BackfillOptions} [options]
 * @returns {Promise<Report>} rejected with the engine's error, or with a `MarkersRefused` after all others were enrolled
 */
export async function backfill(client, options = {}) {
  const { ownersPerPage = OWNERS_PER_PAGE, onProgress, now } = options;
  const { read, write, pause } = withPatience(client, options);
  const visits = new Visits(write, clock(now?.()), onProgress);
  let before = '';
  for (let idle = 0; ; ) {
    const due = rowsOf(await read(statements.due)).map(({ user_id }) => user_id);
    const left = visits.left(due);
    const report = left.length === 0 ? reportOf(await read(statements.report)) : undefined;
    // Otherwise somebody has become due, or no longer is, since the list was asked for.
    if (report?.created === visits.refused.size) return visits.resultOf(report);

    const state = JSON.stringify([left, report]);
    idle = state === before ? idle + 1 : 0;
    before = state;
    if (idle === IDLE_ROUNDS) {
      if (report !== undefined) return visits.resultOf(report);
      for (const id of left) visits.refuse(id, REMOVED);
      continue;
    }
    if (idle > 0) await pause(idle - 1);
    // Where owners who were refused are left out, a collation of the host's can hide others behind them.
    const isHidden = idle > 0 && visits.refused.size > 0;
    await visits.visit(isHidden ? left.map(pageOfOne) : pagesOf(due, visits.refused, ownersPerPage));
  }
}
