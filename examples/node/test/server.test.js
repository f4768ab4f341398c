// The running server, asked from outside.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { createHost, userId } from '../sample/host.js';
import { startServer } from '../sample/running_server.js';

/** @param {Awaited<ReturnType<typeof startServer>>} server */
async function untilFinished(server) {
  const answers = [];
  for (;;) {
    const { status, body } = await server.ask('/health');
    assert.equal(status, 200);
    answers.push(body.backfill);
    if (body.backfill.state !== 'running') return answers;
  }
}

/**
 * A host and a way to start its server; both end with the test, whatever becomes of it.
 *
 * @param {import('node:test').TestContext} test
 * @param {{ users: number, owners: number }} size
 */
function hostFor(test, size) {
  const host = createHost(size);
  const start = async () => {
    const server = await startServer(host.path);
    test.after(() => server.stop());
    return server;
  };
  test.after(() => host.remove());
  return { host, start };
}

describe('a server with 100,000 users and 20,000 owners without markers', () => {
  const OWNERS = 20_000;
  /** @type {ReturnType<typeof createHost>} */
  let host;
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;

  before(async () => {
    host = createHost({ users: 100_000, owners: OWNERS });
    server = await startServer(host.path);
  });
  after(async () => {
    assert.equal(await server.stop(), 0, server.errors());
    host.remove();
  });

  it('answers health requests between the steps, before the backfill ends', async () => {
    const last = `/rewards/${userId(OWNERS - 1)}`;
    assert.equal((await server.ask(last)).body.volume, '0');
    const answers = await untilFinished(server);
    const during = answers.filter(({ state }) => state === 'running').map(({ remaining }) => remaining);
    assert.ok(during.length >= 20, `answered ${during.length} times during the backfill`);
    assert.ok(new Set(during).size >= 10, `the backfill went on between answers: ${during}`);
    assert.deepEqual(answers.at(-1), { state: 'finished', remaining: 0 });
  });

  it('shows every volume afterwards', async () => {
    const count = host.db.prepare(
      `SELECT count(*) FROM reward_addresses WHERE chain_type = 'facilitator' AND created_at = '2026-01-21 10:00:00'`,
    );
    assert.equal(count.pluck().get(), OWNERS);
    for (const number of [0, 1, 9_999, OWNERS - 1]) {
      const { body } = await server.ask(`/rewards/${userId(number)}`);
      assert.deepEqual(body, { user: userId(number), volume: '1000' });
    }
    assert.equal((await server.ask(`/rewards/${userId(OWNERS)}`)).body.volume, '0');
  });

  for (const [path, owner, exact] of [
    ['/admin/facilitators', userId(50_000), userId(50_000)],
    ['/webhooks/subscription', userId(50_001).toLowerCase(), userId(50_001)],
  ]) {
    it(`shows the volume of a new owner at once: ${path}`, async () => {
      const { status, body } = await server.ask(path, { owner, name: 'New', subdomain: `new-${owner}` });
      assert.deepEqual([status, body.enrollment], [201, 'created']);
      host.db.prepare(`INSERT INTO transactions
        (id, facilitator_id, type, network, from_address, to_address, amount, asset, status)
        VALUES (?, ?, 'settle', 'base', 'payer', 'shop', '90000000000000000001', 'USDC', 'success')`)
        .run(`t-${owner}`, body.id);
      assert.equal((await server.ask(`/rewards/${exact}`)).body.volume, '90000000000000000001');
      const second = await server.ask(path, { owner, name: 'Second', subdomain: `second-${owner}` });
      assert.deepEqual([second.status, second.body.enrollment], [201, 'already_enrolled']);
    });

    it(`creates nothing for an owner who is no user: ${path}`, async () => {
      const { status, body } = await server.ask(path, { owner: 'nobody', name: 'N', subdomain: `nobody${path}` });
      assert.deepEqual([status, body], [404, { error: 'no user has the id nobody' }]);
      const facilitators = host.db.prepare(`SELECT count(*) FROM facilitators WHERE owner_address = 'nobody'`);
      assert.equal(facilitators.pluck().get(), 0);
    });

    it(`refuses what it can't read: ${path}`, async () => {
      assert.equal((await server.ask(path, { owner: 7, name: 'N', subdomain: 's' })).status, 400);
    });
  }

  it('says which markers are wrong and what they cost, and answers meanwhile', async () => {
    const id = userId(7);
    const change = host.db.prepare(`UPDATE reward_addresses SET created_at = ? WHERE user_id = ?`);
    assert.deepEqual((await server.ask('/admin/markers')).body, { findings: [], are_all: true });
    change.run('2027-01-01 00:00:00', id);
    const asked = [server.ask('/admin/markers'), server.ask('/admin/markers'), server.ask('/health')];
    const [one, other, health] = await Promise.all(asked);
    assert.equal(health.status, 200);
    assert.deepEqual(one.body, other.body);
    const { findings, are_all } = one.body;
    assert.deepEqual([findings.length, are_all], [1, true]);
    const { name, user_id, mend, message, counted, total } = findings[0];
    assert.deepEqual([name, user_id, mend, counted, total], ['dated_late', id, 'repair', '0', '1000']);
    assert.match(message, /a repair sets created_at to 2026-01-21 10:00:00/);
    change.run('2026-01-21 10:00:00', id);
    host.db.prepare(`UPDATE reward_addresses SET verification_status = 'pending' WHERE user_id < ?`).run(userId(1_500));
    const many = (await server.ask('/admin/markers')).body;
    assert.deepEqual([many.findings.length, many.are_all], [1_000, false]);
    host.db.prepare(`UPDATE reward_addresses SET verification_status = 'verified'`).run();
  });

  it('has nothing to do when it starts again', async (test) => {
    const markers = host.db.prepare('SELECT count(*), max(rowid) FROM reward_addresses').raw();
    const before = markers.get();
    const again = await startServer(host.path);
    test.after(() => again.stop());
    await untilFinished(again);
    assert.equal(await again.stop(), 0, again.errors());
    assert.deepEqual(markers.get(), before);
  });
});

describe('a server that is stopped, or kept from writing, while it backfills', () => {
  it('leaves the rest to the next start', async (test) => {
    const { host, start } = hostFor(test, { users: 20_000, owners: 20_000 });
    const first = await start();
    let remaining;
    do {
      ({ remaining } = (await first.ask('/health')).body.backfill);
    } while (remaining === null || remaining > 15_000);
    assert.equal(await first.stop(), 0, first.errors());
    const count = host.db.prepare('SELECT count(*) FROM reward_addresses').pluck();
    const done = Number(count.get());
    const second = await start();
    await untilFinished(second);
    await second.stop();
    assert.ok(done > 0 && done < 20_000, `${done} markers when it was stopped`);
    assert.equal(count.get(), 20_000);
  });

  it('goes on when another process has done its writing, and answers meanwhile', async (test) => {
    const { host, start } = hostFor(test, { users: 1_000, owners: 1_000 });
    host.db.exec('BEGIN IMMEDIATE');
    const server = await start();
    const began = performance.now();
    for (let asked = 0; asked < 20; asked++) {
      assert.equal((await server.ask('/health')).body.backfill.state, 'running');
    }
    assert.ok(performance.now() - began < 2_000, 'health requests waited for the lock');
    host.db.exec('COMMIT');
    assert.equal((await untilFinished(server)).at(-1).state, 'finished');
    assert.equal(host.db.prepare('SELECT count(*) FROM reward_addresses').pluck().get(), 1_000);
    assert.equal(await server.stop(), 0, server.errors());
  });

  it('creates a facilitator when another process has done its writing, and answers meanwhile', async (test) => {
    const { host, start } = hostFor(test, { users: 2, owners: 1 });
    const server = await start();
    await untilFinished(server);
    host.db.exec('BEGIN IMMEDIATE');
    let created;
    const creating = server
      .ask('/admin/facilitators', { owner: userId(1), name: 'New', subdomain: 'new' })
      .then((answer) => (created = answer));
    const began = performance.now();
    for (let asked = 0; asked < 100; asked++) assert.equal((await server.ask('/health')).status, 200);
    assert.ok(performance.now() - began < 2_000, 'health requests waited for the lock');
    assert.equal(created, undefined);
    host.db.exec('COMMIT');
    assert.deepEqual([(await creating).status, (await creating).body.enrollment], [201, 'created']);
    assert.equal(await server.stop(), 0, server.errors());
  });

  it('starts and says so where the tables are missing', async (test) => {
    const { host, start } = hostFor(test, { users: 1, owners: 1 });
    host.db.exec('DROP INDEX idx_reward_addresses_user; ALTER TABLE reward_addresses RENAME COLUMN verified_at TO seen_at');
    const server = await start();
    assert.equal((await untilFinished(server)).at(-1).state, 'failed');
    assert.equal((await server.ask('/health')).status, 200);
    await server.stop();
    assert.match(server.errors(), /the database lacks column reward_addresses\.verified_at/);
  });
});
