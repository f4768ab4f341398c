// What is wrong with the markers that are there. To find it, whole tables are read, which takes a second where there are
// a million markers: it is done in a thread of its own, so that the server answers meanwhile.

import { Worker } from 'node:worker_threads';

/**
 * @typedef {object} Finding
 * @property {string} name what is wrong, such as `dated_late`
 * @property {string} marker_id
 * @property {string} user_id
 * @property {string} mend `repair` where a repair mends it
 * @property {string} message says what to do
 * @property {string | null} counted the volume that counts because of the marker, in whole atomic units
 * @property {string | null} total all volume of the owner
 */

/** @typedef {{ findings: Finding[], are_all: boolean }} Audit */

const WORKER = new URL('./markers_worker.js', import.meta.url);

/**
 * @param {string} path of the database
 * @param {string} extension path of facilitator_markers.so
 * @returns {() => Promise<Audit>} who asks while an audit runs gets its result
 */
export function markerAuditor(path, extension) {
  /** @type {Promise<Audit> | undefined} */
  let running;
  const audit = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(WORKER, { workerData: { path, extension } });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  return () => (running ??= audit().finally(() => (running = undefined)));
}
