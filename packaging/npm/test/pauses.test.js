// How long a backfill and a repair leave the database to others, told by what they ask of Node's timers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { after, describe, it } from 'node:test';
import timers from 'node:timers/promises';

import { EXAMPLE, EXTENSION, SCHEMA } from '../empty_project.js';
import { WRONG, addOwners } from '../hosts/host.js';

const STEP_MS = 8;
process.env.FACILITATOR_MARKERS_EXTENSION = EXTENSION;
const markers = await import('../dist/index.js');
const Database = createRequire(join(EXAMPLE, 'package.json'))('better-sqlite3');

describe('pauses', () => {
  const real = { setTimeout: timers.setTimeout, now: performance.now };
  /** @type {number[]} */
  let pauses;
  let stepMs = STEP_MS;
  let time = 0;
  timers.setTimeout = /** @type {typeof timers.setTimeout} */ (async (length) => void pauses.push(Number(length)));
  performance.now = () => (time += stepMs);
  syncBuiltinESMExports();
  after(() => {
    timers.setTimeout = real.setTimeout;
    performance.now = real.now;
    syncBuiltinESMExports();
  });

  function host() {
    pauses = [];
    const db = new Database(':memory:');
    db.exec(readFileSync(SCHEMA, 'utf8'));
    markers.load(db);
    addOwners(db, 50);
    return db;
  }

  it('come after each step that kept others from writing, for longer than it took', async () => {
    const db = host();
    /** @type {number[]} */
    const created = [];
    const options = { ownersPerStep: 5, onProgress: (/** @type {{ created: number }} */ done) => void created.push(done.created) };
    await markers.backfillFacilitatorMarkers(db, options);
    const wrote = created.slice(0, -1).filter((count, step) => count > (created[step - 1] ?? 0)).length;
    assert.ok(wrote > 5);
    assert.deepEqual(pauses, Array(wrote).fill(3 * STEP_MS));
    pauses = [];
    created.length = 0;
    await markers.backfillFacilitatorMarkers(db, options);
    assert.ok(created.length > 5);
    assert.deepEqual(pauses, []);
    db.close();
  });

  it('are never so long that a repair would stand still', async () => {
    const db = host();
    db.exec(WRONG);
    stepMs = 60_000;
    await markers.repairFacilitatorMarkers(db, { markersPerStep: 5 });
    assert.ok(pauses.length > 5);
    for (const pause of pauses) assert.ok(pause > 100 && pause < 1000, `${pause}`);
    db.close();
  });
});
