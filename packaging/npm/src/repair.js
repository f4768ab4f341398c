// The repair, with a log that undoes it.

import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';

import { answerOf, run } from './connection.js';
import { giveUp, onceFree, untilOthersHadTheirTurn } from './steps.js';

/** @import { Connection } from './connection.js' */
/** @typedef {{ old: string, new: string }} Replaced both as SQL writes them */

const CLOSE = 'repair_facilitator_markers_close()';

/**
 * A marker that was changed.
 *
 * @typedef {object} Change
 * @property {string} marker_id
 * @property {string} user_id
 * @property {Replaced} [created_at] where that was changed
 * @property {Replaced} [verification_status] likewise
 * @property {Replaced} [verified_at] likewise
 * @property {string} undo a statement that gives the row its old values back, unless somebody has changed them since
 * @property {string} message
 */

/**
 * The counts of a repair.
 *
 * @typedef {object} RepairReport
 * @property {number} markers those that were read
 * @property {number} repaired
 * @property {number} refused changes that the database didn't take
 * @property {string | null} message says what was refused, and what to do about it
 */

/**
 * @typedef {object} RepairOptions
 * @property {string} [undoLog] a file, to which each change is added as a line of JSON and flushed to the disk before it is committed
 * @property {(change: Change) => void} [onChange] is called before the change is committed; where it throws, the step is undone
 * @property {number} [markersPerStep] how many markers a step changes at most: 200
 * @property {AbortSignal} [signal] ends it between two steps; the promise is rejected with its reason
 */

/**
 * Mends the markers that are wrong, as far as nobody has to guess: those whose `mend` is `repair` in an audit. Call it outside
 * a transaction: each step is one of its own, and the event loop runs between them and while another connection writes. A
 * change that the log has and the database not, because the process died in between, is undone by its statement without effect.
 *
 * @param {Connection} db
 * @param {RepairOptions} [options]
 * @returns {Promise<RepairReport>}
 */
export async function repairFacilitatorMarkers(db, { undoLog, onChange, markersPerStep = 200, signal } = {}) {
  const log = undoLog === undefined ? undefined : openSync(undoLog, 'a');
  let repaired = 0;
  try {
    await onceFree(db, signal, () => answerOf(db, CLOSE));
    for (;;) {
      const { answer, milliseconds } = await onceFree(db, signal, () =>
        step(db, markersPerStep, (changes) => {
          if (log !== undefined) write(log, changes);
          if (onChange) changes.forEach(call(onChange));
        }),
      );
      const { is_done, changes, ...counts } = answer;
      repaired += changes.length;
      if (is_done) return { ...counts, repaired };
      // Each step is in a transaction that keeps others from writing.
      await untilOthersHadTheirTurn(true, milliseconds);
    }
  } finally {
    giveUp(db, CLOSE);
    if (log !== undefined) closeSync(log);
  }
}

/**
 * A step in a transaction of its own, which is committed once its changes are kept.
 *
 * @param {Connection} db
 * @param {number} markers
 * @param {(changes: Change[]) => void} keep
 * @returns {RepairReport & { is_done: boolean, changes: Change[] }}
 */
function step(db, markers, keep) {
  run(db, 'BEGIN IMMEDIATE');
  try {
    const answer = JSON.parse(/** @type {string} */ (answerOf(db, 'repair_facilitator_markers_step(?)', markers)));
    keep(answer.changes);
    run(db, 'COMMIT');
    return answer;
  } catch (error) {
    try {
      run(db, 'ROLLBACK');
    } catch {
      // SQLite has rolled back already, or the connection is closed.
    }
    // The round takes for mended what was rolled back: the next step begins another one.
    giveUp(db, CLOSE);
    throw error;
  }
}

/**
 * @param {number} log
 * @param {Change[]} changes
 */
function write(log, changes) {
  if (changes.length === 0) return;
  appendFileSync(log, changes.map((change) => `${JSON.stringify(change)}\n`).join(''));
  fsyncSync(log);
}

/**
 * A promise would be waited for by nobody: what it does could come after the commit, or not at all.
 *
 * @param {(change: Change) => unknown} onChange
 */
function call(onChange) {
  /** @param {Change} change */
  return (change) => {
    if (onChange(change) instanceof Promise) throw new TypeError('onChange has to be done when it returns, not later');
  };
}
