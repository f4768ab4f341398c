// The backfill at the server's start, of which /health tells.

import { backfillFacilitatorMarkers } from 'facilitator-markers';

/** @typedef {{ state: 'waiting' | 'running' | 'finished' | 'failed', remaining: number | null }} Progress */

/**
 * Enrolls every owner who has no marker. What it doesn't get done, the next start does.
 *
 * @param {import('better-sqlite3').Database} db
 * @param {Progress} progress kept up to date
 * @param {AbortSignal} signal ends it between two steps
 */
export async function backfill(db, progress, signal) {
  progress.state = 'running';
  try {
    await backfillFacilitatorMarkers(db, {
      signal,
      onProgress: ({ remaining }) => (progress.remaining = remaining),
    });
    progress.state = 'finished';
  } catch (error) {
    progress.state = signal.aborted ? 'waiting' : 'failed';
    if (!signal.aborted) console.error(`backfill: ${error instanceof Error ? error.message : error}`);
  }
}
