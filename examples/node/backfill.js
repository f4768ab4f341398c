// The backfill in steps, between which the event loop runs.

import { setImmediate as untilOthersHadTheirTurn } from 'node:timers/promises';

import { isBusy, untilOthersHaveWritten } from './busy.js';

/** @typedef {{ state: 'waiting' | 'running' | 'finished' | 'failed', remaining: number | null }} Progress */

/** How many owners a step visits: it takes a few milliseconds. */
const OWNERS_PER_STEP = 200;

/**
 * Enrolls every owner who has no marker. What it doesn't get done, the next start does.
 *
 * @param {import('better-sqlite3').Database} db
 * @param {Progress} progress kept up to date
 * @param {AbortSignal} signal ends it between two steps
 */
export async function backfill(db, progress, signal) {
  // Preparing can find another connection writing, too.
  const step = () => db.prepare('SELECT backfill_facilitator_markers_step(?)').pluck().get(OWNERS_PER_STEP);
  progress.state = 'running';
  while (!signal.aborted && progress.remaining !== 0) {
    try {
      progress.remaining = /** @type {number} */ (step());
      await untilOthersHadTheirTurn();
    } catch (error) {
      if (!isBusy(error)) {
        progress.state = 'failed';
        console.error(`backfill: ${error instanceof Error ? error.message : error}`);
        return;
      }
      await untilOthersHaveWritten();
    }
  }
  progress.state = signal.aborted ? 'waiting' : 'finished';
}
