// Steps that wait while another connection writes, let others write between them, and the event loop run meanwhile.

import { performance } from 'node:perf_hooks';
import { setImmediate as letEventsRun, setTimeout as pause } from 'node:timers/promises';

import { answerOf, isInTransaction, withoutWaiting } from './connection.js';
import { isBusy } from './failure.js';

/** @import { Connection } from './connection.js' */

const PAUSE_WHILE_BUSY_MS = 50;

// How much longer others can write than they can't, because a waiting connection tries only now and then: SQLite's busy timeout
// sleeps up to twice as long as it has waited, and never longer than a tenth of a second.
const PAUSE_PER_STEP = 3;
const LONGEST_PAUSE_MS = 150;

/**
 * What the step answers, once no other connection keeps it from its work, and how long that took.
 *
 * @template Answer
 * @param {Connection} db which is in no transaction
 * @param {AbortSignal | undefined} signal ends it between two tries, with its reason
 * @param {() => Answer} step
 * @returns {Promise<{ answer: Answer, milliseconds: number }>}
 */
export async function onceFree(db, signal, step) {
  for (;;) {
    signal?.throwIfAborted();
    // Between two steps the host may have begun one.
    if (isInTransaction(db)) throw new Error('the connection is in a transaction: end it first, or use another connection');
    const began = performance.now();
    try {
      const answer = withoutWaiting(db, step);
      return { answer, milliseconds: performance.now() - began };
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await pause(PAUSE_WHILE_BUSY_MS);
  }
}

/**
 * Lets the event loop run, and after a step that kept others from writing, whoever waits to write.
 *
 * @param {boolean} hasLocked
 * @param {number} milliseconds that the step took
 * @returns {Promise<void>}
 */
export function untilOthersHadTheirTurn(hasLocked, milliseconds) {
  return hasLocked ? pause(Math.min(milliseconds * PAUSE_PER_STEP, LONGEST_PAUSE_MS)) : letEventsRun();
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
