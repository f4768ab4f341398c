// The thread of an audit: see markers.js.

import { parentPort, workerData } from 'node:worker_threads';

import { auditFacilitatorMarkers } from 'facilitator-markers';

import { openDatabase } from './database.js';

/** @typedef {ReturnType<typeof answered>} Answered */

/** How many findings an answer has at most. */
const MOST = 1_000;

/** JSON has no numbers as large as these volumes. @param {import('facilitator-markers').Finding} finding */
const answered = ({ name, marker_id, user_id, mend, message, counted, total }) => ({
  name,
  marker_id,
  user_id,
  mend,
  message,
  counted: counted?.toString() ?? null,
  total: total?.toString() ?? null,
});

const db = openDatabase(workerData);
const findings = [];
for await (const finding of auditFacilitatorMarkers(db, { cost: true })) {
  if (finding.mend !== 'nothing') findings.push(answered(finding));
  if (findings.length > MOST) break;
}
db.close();
parentPort?.postMessage({ findings: findings.slice(0, MOST), are_all: findings.length <= MOST });
