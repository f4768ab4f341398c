// What becomes of one owner in the SQL edition, on an engine that fails.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { clockOfPauses, engine } from '../engine.js';
import { addOwners, count, failure } from '../hosts/host.js';
import { ensure } from '../dist/sql.js';

/** @type {ReturnType<typeof clockOfPauses>} */
let clock;
beforeEach(() => (clock = clockOfPauses()));
afterEach(() => clock.restore());

/** @param {Parameters<typeof engine>[0]} [options] */
function host(options) {
  const client = engine(options);
  addOwners(client.db, 3);
  client.db.exec(`INSERT INTO "user" (id, name, email) VALUES ('Nobody', 'N', 'N'), ('Pair', 'P', 'P'), ('pAIR', 'p', 'p');
    UPDATE facilitators SET created_at = 'soon' WHERE id = 'Owner2'`);
  return client;
}

/** @param {import('../dist/sql.js').Client} client @param {string} userId */
const run = (client, userId) => ensure(client, userId, { now: clock.now });

describe('ensure in SQL', () => {
  it('answers what became of the owner', async () => {
    const client = host();
    for (const [userId, outcome] of [
      ['Owner0', 'created'],
      ['Owner0', 'already_enrolled'],
      ['OWNER1', 'created'],
      ['Owner2', 'unreadable_date'],
      ['Nobody', 'not_an_owner'],
      ['gone', 'unknown_user'],
      ['PAIR', 'ambiguous_user'],
    ]) {
      assert.equal(await run(client, userId), outcome);
    }
    assert.equal(count(client.db, "reward_addresses WHERE verified_at = '2026-11-27 00:00:00'"), 2);
  });

  it('runs again where its answer is lost, and finds the marker there', async () => {
    const client = host({ fate: ({ name, nth }) => (name === 'ensure' && nth === 1 ? 'lost' : undefined) });
    assert.equal(await run(client, 'Owner0'), 'already_enrolled');
    assert.equal(count(client.db, 'reward_addresses'), 1);
  });

  it('waits for an engine that is gone', async () => {
    const client = host({ fate: ({ name, nth }) => ((name === 'ensure' && nth < 3) || name === 'probe_writes' ? 'fails' : undefined) });
    assert.equal(await run(client, 'Owner0'), 'created');
    assert.deepEqual(clock.pauses, [100, 200]);
  });

  it("fails with the engine's error where the schema refuses the marker", async () => {
    const client = host();
    client.db.exec("CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(ABORT, 'nobody'); END");
    assert.equal((await failure(() => run(client, 'Owner0'))).message, 'nobody');
    assert.equal(client.argsOf('ensure').length, 2);
  });

  it('fails where another row has the place of the marker', async () => {
    const client = host();
    client.db.exec("INSERT INTO reward_addresses (id, user_id, chain_type, address) VALUES ('FACILITATOR_OWNER:Owner0', 'Owner1', 'evm', '0x')");
    assert.match((await failure(() => run(client, 'Owner0'))).message, /^the marker of Owner0 is refused: another row/);
  });

  it('tries three times where nothing stands in the way, and then says what can', async () => {
    const client = host({ fate: ({ name, nth }) => void (name === 'ensure' && nth === 3 && client.db.exec('DROP TRIGGER removes')) });
    const trigger = 'CREATE TRIGGER removes BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(IGNORE); END';
    client.db.exec(trigger);
    assert.equal(await run(client, 'Owner0'), 'created');
    assert.deepEqual(clock.pauses, [100, 200]);
    client.db.exec(trigger);
    assert.match((await failure(() => run(client, 'Owner1'))).message, /^the marker of Owner1 is refused: a trigger, a conflict clause or a further unique constraint/);
    assert.equal(client.argsOf('ensure').length, 6);
  });
});
