// What is wrong with the markers that are there. To find it, whole tables are read, which takes a second where there are
// a million markers: it is done in a thread of its own, so that the server answers meanwhile.

import { Worker } from 'node:worker_threads';

/** @typedef {{ findings: import('./markers_worker.js').Answered[], are_all: boolean }} Audit */

const WORKER = new URL('./markers_worker.js', import.meta.url);

/**
 * @param {string} path of the database
 * @returns {() => Promise<Audit>} who asks while an audit runs gets its result
 */
export function markerAuditor(path) {
  /** @type {Promise<Audit> | undefined} */
  let running;
  const audit = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(WORKER, { workerData: path });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  return () => (running ??= audit().finally(() => (running = undefined)));
}
