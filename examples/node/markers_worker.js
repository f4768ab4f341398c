// The thread of an audit: see markers.js.

import { parentPort, workerData } from 'node:worker_threads';

import { openDatabase } from './database.js';

/** How many findings an answer has at most. */
const MOST = 1_000;

const FINDINGS = `
  SELECT name, marker_id, user_id, mend, message, counted, total
  FROM facilitator_markers_audit WHERE mend <> 'nothing' LIMIT ?`;

const db = openDatabase(workerData.path, workerData.extension);
const findings = db.prepare(FINDINGS).all(MOST + 1);
db.close();
parentPort?.postMessage({ findings: findings.slice(0, MOST), are_all: findings.length <= MOST });
