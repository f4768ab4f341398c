// The backfill in steps, between which the event loop runs.

import { setImmediate as untilOthersHadTheirTurn, setTimeout as pause } from 'node:timers/promises';

/** @typedef {{ state: 'waiting' | 'running' | 'finished' | 'failed', remaining: number | null }} Progress */

/** How many owners a step visits: it takes a few milliseconds. */
const OWNERS_PER_STEP = 200;

/** How long to wait when another process is writing. */
const BUSY_PAUSE_MS = 50;

/**
 * Enrolls every owner who has no marker. What it doesn't get done, the next start does.
 *
 * @param {import('better-sqlite3').Database} db a connection that doesn't wait while another process writes: nothing would
 *   be answered meanwhile
 * @param {Progress} progress kept up to date
 * @param {AbortSignal} signal ends it between two steps
 */
export async function backfill(db, progress, signal) {
  const step = db.prepare('SELECT backfill_facilitator_markers_step(?)').pluck();
  progress.state = 'running';
  while (!signal.aborted && progress.remaining !== 0) {
    try {
      progress.remaining = /** @type {number} */ (step.get(OWNERS_PER_STEP));
      await untilOthersHadTheirTurn();
    } catch (error) {
      if (!isBusy(error)) {
        progress.state = 'failed';
        console.error(`backfill: ${error instanceof Error ? error.message : error}`);
        return;
      }
      await pause(BUSY_PAUSE_MS);
    }
  }
  progress.state = signal.aborted ? 'waiting' : 'finished';
}

/** @param {unknown} error */
function isBusy(error) {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
