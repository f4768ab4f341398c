// The backfill, for a server that has other things to do meanwhile.

import { answerOf } from './connection.js';
import { giveUp, onceFree, untilOthersHadTheirTurn } from './steps.js';

/** @import { Connection } from './connection.js' */
/** @import { Report } from './markers.js' */

const CLOSE = 'backfill_facilitator_markers_close()';

/**
 * @typedef {object} BackfillOptions
 * @property {number} [ownersPerStep] how many owners a step visits: 200, which take a few milliseconds
 * @property {AbortSignal} [signal] ends it between two steps; the promise is rejected with its reason
 * @property {(progress: Report & { remaining: number }) => void} [onProgress] is called after each step
 */

/**
 * Enrolls every owner who has no marker. Call it at every start, outside a transaction. The event loop runs between the steps
 * and while another connection writes. What it doesn't get done, the next call does. One at a time on a connection.
 *
 * @param {Connection} db
 * @param {BackfillOptions} [options]
 * @returns {Promise<Report>} rejected with an error of SQLite; where the database refused markers, after all others were visited
 */
export async function backfillFacilitatorMarkers(db, { ownersPerStep = 200, signal, onProgress } = {}) {
  await onceFree(db, signal, () => answerOf(db, CLOSE));
  let written = 0;
  try {
    for (;;) {
      const { milliseconds } = await onceFree(db, signal, () =>
        answerOf(db, 'backfill_facilitator_markers_step(?)', ownersPerStep),
      );
      const { answer: progress } = await onceFree(db, signal, () => progressOf(db));
      onProgress?.(progress);
      const { remaining, ...report } = progress;
      if (remaining === 0) return report;
      const before = written;
      written = report.created + report.refused;
      await untilOthersHadTheirTurn(written > before, milliseconds);
    }
  } finally {
    giveUp(db, CLOSE);
  }
}

/** @param {Connection} db */
function progressOf(db) {
  const progress = /** @type {string} */ (answerOf(db, 'backfill_facilitator_markers_progress()'));
  return /** @type {Report & { remaining: number }} */ (JSON.parse(progress));
}
