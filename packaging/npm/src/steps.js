// Steps, between which the event loop runs.

import { setImmediate as untilOthersHadTheirTurn, setTimeout as pause } from 'node:timers/promises';

import { isInTransaction } from './connection.js';
import { isBusy } from './failure.js';

/** @import { Connection } from './connection.js' */

const PAUSE_MS = 50;

/**
 * Takes steps until one says that it was the last. While another connection writes, it waits, and the event loop runs.
 *
 * @param {Connection} db which is in no transaction
 * @param {AbortSignal | undefined} signal ends it between two steps, with its reason
 * @param {() => boolean} step whether it was the last
 */
export async function inSteps(db, signal, step) {
  for (;;) {
    signal?.throwIfAborted();
    // Between two steps the host may have begun one.
    if (isInTransaction(db)) throw new Error('the connection is in a transaction: end it first, or use another connection');
    let isLast;
    try {
      isLast = step();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await pause(PAUSE_MS, undefined, { signal });
      continue;
    }
    if (isLast) return;
    await untilOthersHadTheirTurn();
  }
}
