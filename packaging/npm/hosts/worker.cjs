// Required, in a worker thread.
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const Database = require('better-sqlite3');
const markers = require('facilitator-markers');

const db = new Database(':memory:');
markers.load(db);
const version = markers.facilitatorMarkersVersion(db);
if (isMainThread) new Worker(__filename).once('message', (answer) => console.log(`${version} ${answer}`));
else parentPort.postMessage(version);
