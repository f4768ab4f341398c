// Steps that wait while another connection writes, and let the event loop run meanwhile.

import { setTimeout as pause } from 'node:timers/promises';

import { answerOf, isInTransaction, withoutWaiting } from './connection.js';
import { isBusy } from './failure.js';

/** @import { Connection } from './connection.js' */

export { setImmediate as untilOthersHadTheirTurn } from 'node:timers/promises';

const PAUSE_MS = 50;

/**
 * What the step answers, once no other connection keeps it from its work.
 *
 * @template Answer
 * @param {Connection} db which is in no transaction
 * @param {AbortSignal | undefined} signal ends it between two tries, with its reason
 * @param {() => Answer} step
 * @returns {Promise<Answer>}
 */
export async function onceFree(db, signal, step) {
  for (;;) {
    signal?.throwIfAborted();
    // Between two steps the host may have begun one.
    if (isInTransaction(db)) throw new Error('the connection is in a transaction: end it first, or use another connection');
    try {
      return withoutWaiting(db, step);
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await pause(PAUSE_MS);
  }
}

/**
 * Gives a round up, if it can: what is left of it, the next call gives up before it begins, and only the error that ended this one
 * is worth telling.
 *
 * @param {Connection} db
 * @param {string} close the call that does it
 */
export function giveUp(db, close) {
  try {
    answerOf(db, close);
  } catch {
    // The connection is closed, or another one writes.
  }
}
