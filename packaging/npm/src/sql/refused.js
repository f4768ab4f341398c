// Markers that the database doesn't take.

/** @import { Report } from '../markers.js' */
/** @typedef {{ user_id: string, reason: unknown }} RefusedOwner `reason`: the engine's error */

/** How many in a row, while no page was taken, are the schema: then all others would be refused, too. */
export const IN_A_ROW = 1000;

/** What a backfill is rejected with that has enrolled everybody else. */
export class MarkersRefused extends Error {
  /**
   * @param {RefusedOwner[]} refused
   * @param {Report} report
   */
  constructor(refused, report) {
    super(`${counted(report.refused)}: ${reasonOf(refused)}; all other owners are enrolled`);
    this.name = 'MarkersRefused';
    /** Those whom the engine refused; `skipped` lists those whose place another row has. */
    this.refused = refused;
    this.report = report;
  }
}

/** @param {RefusedOwner[]} refused @returns {Error} */
export function schemaRefuses([{ user_id, reason }]) {
  const message = `${IN_A_ROW} markers in a row are refused, first that of ${user_id}: ${textOf(reason)}; change the schema`;
  return new Error(message, { cause: reason });
}

/** @param {number} count */
const counted = (count) => (count === 1 ? '1 marker is refused' : `${count} markers are refused`);

/** @param {RefusedOwner[]} refused */
function reasonOf([first]) {
  if (first === undefined) return 'another row of reward_addresses has the id or address; see skipped, with the reason refused';
  return `first that of ${first.user_id}: ${textOf(first.reason)}; change what refuses it and call again`;
}

/** @param {unknown} reason */
const textOf = (reason) => (reason instanceof Error ? reason.message : String(reason));
