// The backfill of the SQL edition, on an engine that fails.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { clockOfPauses, engine } from '../engine.js';
import { addOwners, count, failure } from '../hosts/host.js';
import { backfill, due, ensure } from '../dist/sql.js';

const CLOCK = '2026-11-27 00:00:00';
const MARKERS = `reward_addresses WHERE verified_at = '${CLOCK}'`;

/** @type {ReturnType<typeof clockOfPauses>} */
let clock;
beforeEach(() => (clock = clockOfPauses()));
afterEach(() => clock.restore());

/** An engine with some owners. @param {number} owners @param {Parameters<typeof engine>[0]} [options] */
function host(owners, options) {
  const client = engine(options);
  addOwners(client.db, owners);
  return client;
}

/** @param {import('../dist/sql.js').Client} client @param {import('../dist/sql.js').BackfillOptions} [options] */
const run = (client, options) => backfill(client, { now: clock.now, ownersPerPage: 4, ...options });

describe('a backfill in SQL', () => {
  it('asks who is due, visits each page with one reading of the clock, and counts at the end', async () => {
    const client = host(10);
    await ensure(client, 'Owner9', { now: clock.now });
    client.calls.length = 0;
    /** @type {unknown[]} */
    const progress = [];
    const report = await run(client, { onProgress: (each) => progress.push({ ...each }) });
    assert.deepEqual(report, {
      owners: 10,
      created: 9,
      already_enrolled: 1,
      unreadable_date: 0,
      refused: 0,
      unknown_users: 0,
      ambiguous_users: 0,
      unreadable_dates: 0,
    });
    assert.deepEqual(
      client.calls.map(({ name }) => name),
      ['due', 'page', 'page', 'last_page', 'due', 'report'],
    );
    // Nobody is outside of all pages.
    assert.deepEqual(client.argsOf('page'), [
      [CLOCK, '', 'Owner4'],
      [CLOCK, 'Owner4', 'Owner8'],
    ]);
    assert.deepEqual(client.argsOf('last_page'), [[CLOCK, 'Owner8']]);
    assert.deepEqual(progress, [
      { visited: 4, due: 9 },
      { visited: 8, due: 9 },
      { visited: 9, due: 9 },
    ]);
    assert.equal(count(client.db, MARKERS), 10);
  });

  it('writes nothing where nobody is due', async () => {
    const client = host(0);
    assert.equal((await run(client)).owners, 0);
    assert.deepEqual(
      client.calls.map(({ name }) => name),
      ['due', 'report'],
    );
  });

  it('counts what was written and whose answer was lost', async () => {
    const client = host(10, { fate: ({ name, nth }) => (name === 'page' && nth === 1 ? 'lost' : undefined) });
    const { created, already_enrolled } = await run(client);
    assert.deepEqual([created, already_enrolled], [10, 0]);
    assert.equal(client.argsOf('page').length, 3);
    assert.deepEqual(clock.pauses, []);
  });

  it('tries a page again that failed', async () => {
    const client = host(10, { fate: ({ name, nth }) => (name === 'page' && nth === 2 ? 'fails' : undefined) });
    assert.equal((await run(client)).created, 10);
    assert.deepEqual(client.argsOf('page')[1], client.argsOf('page')[2]);
  });

  it('waits for an engine that is gone, longer each time, and goes on with the same page', async () => {
    const gone = Array.from({ length: 7 }, (_, nth) => nth + 2);
    const client = host(10, {
      fate: ({ name, nth }) => ((name === 'page' && gone.includes(nth)) || name === 'probe_writes' ? 'fails' : undefined),
    });
    assert.equal((await run(client)).created, 10);
    assert.deepEqual(clock.pauses, [100, 200, 400, 800, 1600, 2000, 2000]);
    assert.equal(new Set(client.argsOf('page').map(String)).size, 2);
  });

  it('believes a refusal only where the engine was there all the time in between', async () => {
    // It answers, is gone, and answers again.
    const client = host(10, {
      fate: ({ name, nth }) => ((name === 'page' && nth < 4) || (name === 'probe_writes' && nth === 2) ? 'fails' : undefined),
    });
    assert.equal((await run(client)).created, 10);
    assert.equal(new Set(client.argsOf('page').map(String)).size, 2);
  });

  it('waits as well where the lists are not answered', async () => {
    const client = host(10, {
      fate: ({ name, nth }) => ((['due', 'report'].includes(name) && nth === 1) || name === 'probe_reads' ? 'fails' : undefined),
    });
    assert.equal((await run(client)).created, 10);
    assert.deepEqual(clock.pauses, [100, 100]);
  });

  it('ends with the error of the engine where that stays away for longer than the patience', async () => {
    const client = host(10, { fate: ({ name }) => (name === 'due' ? undefined : 'fails') });
    const error = await failure(() => run(client, { patience: 5000 }));
    assert.equal(error.message, 'page fails');
    assert.deepEqual(clock.pauses, [100, 200, 400, 800, 1600, 2000]);
  });

  it('ends at once with the error of the engine where that refuses to read', async () => {
    const client = host(10);
    client.db.exec('DROP TABLE reward_addresses');
    const error = await failure(() => run(client));
    assert.match(error.message, /no such table: main.reward_addresses/);
    assert.deepEqual(clock.pauses, []);
  });

  it('asks once more when somebody has become due meanwhile', async () => {
    const client = host(10, {
      fate: ({ name, nth }) => {
        if (name === 'due' && nth === 2) addOwners(client.db, 1, 'Between');
        if (name === 'report' && nth === 1) addOwners(client.db, 1, 'Late');
      },
    });
    const report = await run(client);
    assert.deepEqual([report.created, report.owners], [12, 12]);
    assert.equal(count(client.db, MARKERS), 12);
  });

  it('takes no more than the bounds from a list that is older than the tables', async () => {
    const older = host(10).db;
    const client = engine({ fate: ({ name, nth }) => (name === 'due' && nth === 1 ? older : undefined) });
    addOwners(client.db, 8);
    addOwners(client.db, 3, 'New');
    client.db.exec("UPDATE facilitators SET created_at = '2026-05-05' WHERE id = 'Owner3'");
    client.db.exec("UPDATE facilitators SET created_at = 'soon' WHERE id = 'Owner4'");
    const report = await run(client);
    assert.deepEqual([report.owners, report.created, report.unreadable_date], [11, 10, 1]);
    assert.equal(report.owners, report.created + report.already_enrolled + report.unreadable_date + report.refused);
    assert.equal(count(client.db, "reward_addresses WHERE user_id = 'Owner3' AND created_at = '2026-05-05 00:00:00'"), 1);
    assert.deepEqual(await due(client), []);
  });

  it('counts no owner who is gone at the end', async () => {
    const client = host(10, {
      fate: ({ name }) => void (name === 'report' && client.db.exec('DELETE FROM facilitators; DELETE FROM reward_addresses')),
    });
    const { owners, created, already_enrolled } = await run(client);
    assert.deepEqual([owners, created, already_enrolled], [0, 0, 0]);
  });

  it('believes a replica that is behind only after some pauses', async () => {
    const older = host(10).db;
    const client = host(10, { fate: ({ name, nth }) => (name === 'due' && nth < 4 ? older : undefined) });
    assert.equal((await run(client)).created, 10);
    assert.deepEqual(clock.pauses, [100, 200]);
  });

  it('ends between two pages where its signal says so, and in a pause', async () => {
    const ending = new AbortController();
    const client = host(10);
    const onProgress = () => ending.abort(new Error('enough'));
    assert.equal((await failure(() => run(client, { onProgress, signal: ending.signal }))).message, 'enough');
    assert.equal(count(client.db, MARKERS), 4);

    const waiting = new AbortController();
    const gone = host(10, { fate: () => 'fails' });
    // A pause that doesn't end.
    globalThis.setTimeout = /** @type {typeof setTimeout} */ (/** @type {unknown} */ (() => 0));
    const waited = failure(() => run(gone, { signal: waiting.signal, now: Date.now }));
    while (gone.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    waiting.abort(new Error('enough'));
    assert.equal((await waited).message, 'enough');
  });
});
