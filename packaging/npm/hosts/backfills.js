// The backfill: its steps, whom it waits for, and what ends it.

import assert from 'node:assert/strict';

import { addOwners, count, failure } from './host.js';

/** @param {() => void} action */
const soon = (action) => new Promise((resolve) => setTimeout(resolve, 1)).then(action);

export const backfills = {
  async 'a backfill lets the event loop run between its steps and resolves with the report'({ markers, db }) {
    addOwners(db, 50);
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 0);
    const seen = [];
    const backfill = markers.backfillFacilitatorMarkers(db, {
      ownersPerStep: 1,
      onProgress: ({ remaining, owners }) => seen.push([remaining, owners, turns]),
    });
    const report = await backfill;
    clearInterval(turning);
    assert.deepEqual([report.owners, report.created, report.refused], [50, 50, 0]);
    assert.ok(!('remaining' in report));
    assert.ok(turns > 5, `${turns} turns`);
    assert.deepEqual(seen.at(-1).slice(0, 2), [0, 50]);
    const again = await markers.backfillFacilitatorMarkers(db);
    assert.deepEqual([again.created, again.already_enrolled], [0, 50]);
  },

  async 'a backfill waits while another connection writes, and never by blocking'({ markers, db, path, connect }) {
    addOwners(db, 20);
    const other = connect(path);
    other.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    const backfill = markers.backfillFacilitatorMarkers(db);
    while (turns < 20) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(count(db, 'reward_addresses'), 0);
    other.exec('COMMIT');
    assert.equal((await backfill).created, 20);
    clearInterval(turning);
    other.close();
  },

  async 'a backfill and a repair wait without blocking, whatever the busy timeout, and leave that as it was'({
    markers, db, path, connect,
  }) {
    const MILLISECONDS = 10_000;
    addOwners(db, 20);
    const other = connect(path);
    db.exec(`PRAGMA busy_timeout = ${MILLISECONDS}`);
    for (const call of [markers.backfillFacilitatorMarkers, markers.repairFacilitatorMarkers]) {
      other.exec('BEGIN IMMEDIATE');
      const began = performance.now();
      // A timer of this process ends what the call waits for.
      await Promise.all([call(db), soon(() => other.exec('COMMIT'))]);
      assert.ok(performance.now() - began < MILLISECONDS, 'nothing else ran for as long as the busy timeout');
      assert.equal(db.prepare('PRAGMA busy_timeout').get().timeout, MILLISECONDS);
    }
    assert.equal(count(db, 'reward_addresses'), 20);
    other.close();
  },

  async 'a backfill and a repair wait for a commit to a rollback journal'({ markers, db, path, connect }) {
    addOwners(db, 3);
    db.exec('PRAGMA journal_mode = DELETE');
    for (const call of [markers.backfillFacilitatorMarkers, markers.repairFacilitatorMarkers]) {
      // It has read nothing yet, not even the schema.
      const fresh = connect(path);
      markers.load(fresh);
      db.exec('BEGIN EXCLUSIVE');
      await Promise.all([call(fresh), soon(() => db.exec('COMMIT'))]);
      fresh.close();
    }
    assert.equal(count(db, 'reward_addresses'), 3);
  },

  async 'a signal ends a backfill that waits, with its reason'({ markers, db, path, connect }) {
    addOwners(db, 1);
    const other = connect(path);
    other.exec('BEGIN IMMEDIATE');
    const ended = new AbortController();
    const backfill = failure(() => markers.backfillFacilitatorMarkers(db, { signal: ended.signal }));
    ended.abort(new Error('enough'));
    // It would have its turn now.
    other.exec('ROLLBACK');
    assert.equal((await backfill).message, 'enough');
    other.close();
  },

  async 'a signal ends a backfill between two steps, and the next one does the rest'({ markers, db }) {
    addOwners(db, 40);
    const ended = new AbortController();
    const error = await failure(() =>
      markers.backfillFacilitatorMarkers(db, {
        ownersPerStep: 5,
        signal: ended.signal,
        onProgress: ({ created }) => created >= 10 && ended.abort(new Error('enough')),
      }),
    );
    assert.equal(error.message, 'enough');
    const done = count(db, 'reward_addresses');
    assert.ok(done >= 10 && done < 40, `${done}`);
    const report = await markers.backfillFacilitatorMarkers(db);
    assert.deepEqual([report.owners, report.created], [40, 40 - done]);
  },

  async 'in a transaction of the host a backfill is refused, and nothing waits'({ markers, db }) {
    addOwners(db, 2);
    db.exec('BEGIN');
    assert.match((await failure(() => markers.backfillFacilitatorMarkers(db))).message, /is in a transaction/);
    assert.match((await failure(() => markers.repairFacilitatorMarkers(db))).message, /is in a transaction/);
    // The transaction is still there, as it was.
    db.exec('COMMIT');
    assert.equal(count(db, 'reward_addresses'), 0);
  },

  async 'a transaction that the host begins between two steps ends a backfill, and is left alone'({ markers, db }) {
    addOwners(db, 3);
    let steps = 0;
    const error = await failure(() =>
      markers.backfillFacilitatorMarkers(db, { ownersPerStep: 1, onProgress: () => ++steps === 1 && db.exec('BEGIN') }),
    );
    assert.match(error.message, /is in a transaction/);
    db.exec('COMMIT');
    assert.deepEqual([steps, (await markers.backfillFacilitatorMarkers(db)).owners], [1, 3]);
  },

  async 'what fails in onProgress ends a backfill, as it is'({ markers, db }) {
    addOwners(db, 3);
    const error = Object.assign(new Error('mine'), { code: 'SQLITE_BUSY' });
    const onProgress = () => {
      throw error;
    };
    assert.equal(await failure(() => markers.backfillFacilitatorMarkers(db, { onProgress })), error);
  },

  async 'a refused marker rejects after all others were enrolled'({ markers, db }) {
    addOwners(db, 5);
    db.exec(`CREATE TRIGGER no BEFORE INSERT ON reward_addresses WHEN new.user_id = 'Owner3'
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`);
    const error = await failure(() => markers.backfillFacilitatorMarkers(db));
    assert.match(error.message, /Owner3.*not this one/);
    assert.equal(error.retryable, false);
    assert.equal(count(db, 'reward_addresses'), 4);
  },
};
