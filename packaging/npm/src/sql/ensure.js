// One owner.

import { rowsOf } from './client.js';
import { clock } from './clock.js';
import { unwrapped, withPatience } from './patience.js';
import { statements } from './statements.js';

/** @import { Client } from './client.js' */
/** @import { Patience } from './patience.js' */
/** @import { Enrollment } from '../markers.js' */

const TRIES = 3;

/**
 * Makes sure that the user's marker is there, dated with the earliest of the user's facilitators. Call it when the facilitator
 * is inserted; in a transaction of an engine's own, run `statements.ensure` instead.
 *
 * @param {Client} client
 * @param {string} userId as stored, or in other upper and lower case where only one user can be meant
 * @param {Patience} [options]
 * @returns {Promise<Enrollment>} rejected with the engine's error, or where the marker is refused
 */
export async function ensure(client, userId, options = {}) {
  const { read, write, pause } = withPatience(client, options);
  const time = clock(options.now?.());
  for (let tries = 1; ; tries++) {
    const { rowsAffected } = await unwrapped(write)(statements.ensure, userId, time);
    if (rowsAffected > 0) return 'created';
    const [{ outcome }] = rowsOf(await read(statements.outcome, userId));
    if (outcome === 'refused') {
      throw new Error(`the marker of ${userId} is refused: another row of reward_addresses has its id or address; see skipped`);
    }
    if (outcome !== 'due') return outcome;
    if (tries === TRIES) {
      throw new Error(`the marker of ${userId} is refused: a trigger, a conflict clause or a further unique constraint of the host's keeps the row out`);
    }
    // Somebody has changed the tables in between, or a replica that answers is behind.
    await pause(tries - 1);
  }
}
