// better-sqlite3, as examples/node installs it for the machine's Node: the scenario, 1,000 rounds of open, load and close,
// and 4 worker threads at once.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

import { betterSqlite3 } from './better_sqlite3_host.mjs';
import { defaultWait, report, rows, run, schema } from './scenario.mjs';

const require = createRequire(new URL('../../../examples/node/package.json', import.meta.url));
const Database = require('better-sqlite3');
const host = betterSqlite3(Database);
const WORKERS = 4;
const OWNERS = 400;

function openLoadAndClose(rounds) {
  for (let round = 0; round < rounds; round++) {
    const connection = host.connect(':memory:');
    connection.script(schema);
    for (const sql of rows) connection.run(sql);
    // A round that is never finished goes with its connection.
    assert.notDeepEqual(connection.run('SELECT backfill_facilitator_markers_step(1)'), [[0]]);
    connection.close();
  }
}

/** Every worker opens, loads and closes for each owner, and meets the others at the same owners. */
function enrollAll(path) {
  const outcomes = [];
  for (let owner = 0; owner < OWNERS; owner++) {
    const connection = host.connect(path);
    connection.run('PRAGMA busy_timeout = 60000');
    outcomes.push(connection.run(`SELECT ensure_facilitator_marker('Owner${owner}')`)[0][0]);
    connection.close();
  }
  assert.deepEqual([...new Set(outcomes)].filter((outcome) => !/^(created|already_enrolled)$/.test(outcome)), []);
}

async function workersAtOnce() {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  const path = join(folder, 'host.db');
  const setup = host.connect(path);
  setup.run('PRAGMA journal_mode = WAL');
  setup.script(schema);
  const numbers = `WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < ${OWNERS - 1})`;
  setup.run(`INSERT INTO "user"(id, name, email) ${numbers} SELECT 'Owner' || i, 'O', i FROM n`);
  setup.run(`INSERT INTO facilitators(id, name, subdomain, owner_address, created_at)
             ${numbers} SELECT i, 'F', i, 'owner' || i, '2026-01-21' FROM n`);
  const ends = Array.from({ length: WORKERS }, () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: path });
    return new Promise((resolve, reject) => worker.on('error', reject).on('exit', resolve));
  });
  assert.deepEqual(await Promise.all(ends), Array(WORKERS).fill(0));
  assert.deepEqual(setup.run('SELECT count(*) FROM reward_addresses'), [[OWNERS]]);
  setup.close();
  rmSync(folder, { recursive: true });
}

if (isMainThread) {
  await run(host);
  openLoadAndClose(1_000);
  await workersAtOnce();
  report(`better-sqlite3 ${require('better-sqlite3/package.json').version}`, host.sqliteVersion(), await defaultWait(host));
} else {
  enrollAll(workerData);
}
