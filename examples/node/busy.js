// What to do while another connection writes: wait, and let the event loop run.

import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 50;
const TRIES = 100;

/**
 * @template Result
 * @param {() => Result} write a transaction, of which nothing is left where it fails
 * @returns {Promise<Result>} fails with SQLITE_BUSY if others write all the time
 */
export async function onceFree(write) {
  for (let tries = 1; ; tries++) {
    try {
      return write();
    } catch (error) {
      if (!isBusy(error) || tries === TRIES) throw error;
    }
    await pause(PAUSE_MS);
  }
}

/** @param {unknown} error */
function isBusy(error) {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
