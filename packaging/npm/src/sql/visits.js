// What the pages of a backfill have come to so far.

import { halvesOf, statementOf } from './pages.js';
import { Refused } from './patience.js';
import { IN_A_ROW, MarkersRefused, schemaRefuses } from './refused.js';

/** @import { Page } from './pages.js' */
/** @import { Run } from './patience.js' */
/** @import { RefusedOwner } from './refused.js' */
/** @import { Report } from '../markers.js' */

/** @typedef {{ visited: number, due: number }} Progress how many owners were visited, of those who were due */

export class Visits {
  /** Everybody who was due at some time. @type {Set<string>} */
  #due = new Set();
  /** @type {Set<string>} */
  #visited = new Set();
  /** Those who are still due, and why. @type {Map<string, unknown>} */
  refused = new Map();
  #inARow = 0;
  #write;
  #clock;
  #onProgress;

  /**
   * @param {Run} write
   * @param {string} clock
   * @param {((progress: Progress) => void) | undefined} onProgress
   */
  constructor(write, clock, onProgress) {
    this.#write = write;
    this.#clock = clock;
    this.#onProgress = onProgress;
  }

  /**
   * Who is still to be visited of those who are due.
   *
   * @param {string[]} due
   */
  left(due) {
    for (const id of due) this.#due.add(id);
    const still = new Set(due);
    for (const id of this.refused.keys()) if (!still.has(id)) this.refused.delete(id);
    return due.filter((id) => !this.refused.has(id));
  }

  /** @param {Page[]} pages */
  async visit(pages) {
    const open = [...pages].reverse();
    for (let page = open.pop(); page !== undefined; page = open.pop()) {
      try {
        await this.#write(...statementOf(page, this.#clock));
        this.#inARow = 0;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const halves = halvesOf(page);
        open.push(...halves.reverse());
        if (halves.length > 0) continue;
        this.refuse(page.owners[0], error.error);
        if (++this.#inARow === IN_A_ROW) throw schemaRefuses(this.#refusedOwners());
      }
      for (const id of page.owners) this.#visited.add(id);
      this.#onProgress?.({ visited: this.#visited.size, due: this.#due.size });
    }
  }

  /** @param {string} id @param {unknown} reason */
  refuse(id, reason) {
    this.refused.set(id, reason);
  }

  /**
   * @param {Report} now what is counted at the end
   * @returns {Report} throws where a marker is refused
   */
  resultOf(now) {
    const created = Math.min(this.#due.size - this.refused.size, now.already_enrolled);
    const result = {
      ...now,
      created,
      already_enrolled: now.already_enrolled - created,
      // What it would still create was refused.
      refused: now.refused + now.created,
    };
    if (result.refused > 0) throw new MarkersRefused(this.#refusedOwners(), result);
    return result;
  }

  /** @returns {RefusedOwner[]} */
  #refusedOwners() {
    return Array.from(this.refused, ([user_id, reason]) => ({ user_id, reason }));
  }
}
