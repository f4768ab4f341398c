// What is done where a statement fails: a connection that is lost is waited for, and a refusal is believed the second time.
// No text of an error is read: each engine has its own, and changes them.

/** @import { Client, Result } from './client.js' */

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const PATIENCE_MS = 60_000;

/** Answered wherever there is a database. */
const READS = 'SELECT 1';
/** Answered where rows can be written. A replica answers the other one also while there is nobody to write to. */
const WRITES = "INSERT INTO main.reward_addresses (id) SELECT '' WHERE 0";

/**
 * @typedef {object} Patience
 * @property {number} [patience] how long to wait for an engine that doesn't answer, or has no leader, in milliseconds: 60,000
 * @property {AbortSignal} [signal] ends it between two statements; the promise is rejected with its reason
 * @property {() => number} [now] the clock, in milliseconds since 1970: Date.now
 */

/** @typedef {(sql: string, ...args: string[]) => Promise<Result>} Run */

/**
 * Statements that read, and statements that write, each with patience.
 *
 * @param {Client} client
 * @param {Patience} options
 * @returns {{ read: Run, write: Run, pause: (time: number) => Promise<void> }} rejected with the engine's error: where it has
 *   given the statement up, or has refused it twice while it answered others
 */
export function withPatience(client, { patience = PATIENCE_MS, signal, now = Date.now }) {
  /** @param {string} probe */
  const answers = async (probe) => {
    try {
      await client.execute(probe, []);
      return true;
    } catch {
      return false;
    }
  };

  /** @param {string} probe @returns {Run} */
  const running = (probe) => async (sql, ...args) => {
    /** @type {number | undefined} */
    let since;
    let refused = 0;
    for (let lost = 0; ; ) {
      signal?.throwIfAborted();
      try {
        return await client.execute(sql, args);
      } catch (error) {
        since ??= now();
        if (!(await answers(probe))) {
          refused = 0;
          if (now() - since >= patience) throw error;
          await pause(lost++, signal);
        } else if (++refused === 2) {
          throw new Refused(error);
        }
        // The first time, the answer may have been lost together with a leader.
      }
    }
  };
  return { read: unwrapped(running(READS)), write: running(WRITES), pause: (time) => pause(time, signal) };
}

/** An engine's error about a statement, which it gave while it answered others. */
export class Refused {
  /** @param {unknown} error */
  constructor(error) {
    this.error = error;
  }
}

/** @param {Run} run @returns {Run} */
export function unwrapped(run) {
  return async (...statement) => {
    try {
      return await run(...statement);
    } catch (error) {
      throw error instanceof Refused ? error.error : error;
    }
  };
}

/**
 * A pause that is longer each time.
 *
 * @param {number} time
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
async function pause(time, signal) {
  signal?.throwIfAborted();
  /** @type {() => void} */
  let stop = () => {};
  const timeUp = new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(FIRST_PAUSE_MS * 2 ** time, LONGEST_PAUSE_MS));
    stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
  });
  signal?.addEventListener('abort', stop);
  try {
    await timeUp;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
