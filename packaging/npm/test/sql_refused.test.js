// Markers that the database doesn't take, in the SQL edition: each concerns its owner alone.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { EXAMPLE, SCHEMA } from '../empty_project.js';
import { clockOfPauses, engine } from '../engine.js';
import { addOwners, count, failure } from '../hosts/host.js';
import { MarkersRefused, backfill, prepared, skipped } from '../dist/sql.js';

const Database = createRequire(join(EXAMPLE, 'package.json'))('better-sqlite3');
const REFUSES = `CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses WHEN new.user_id IN ('Owner3', 'Owner7')
  BEGIN SELECT RAISE(ABORT, 'not this one'); END`;

/** @type {ReturnType<typeof clockOfPauses>} */
let clock;
beforeEach(() => (clock = clockOfPauses()));
afterEach(() => clock.restore());

/** @param {import('../dist/sql.js').Client} client @param {import('../dist/sql.js').BackfillOptions} [options] */
const run = (client, options) => backfill(client, { now: clock.now, ownersPerPage: 4, ...options });

describe('a backfill in SQL', () => {
  it('enrolls all others where the schema refuses some, and names these with the reason', async () => {
    const client = engine();
    addOwners(client.db, 10);
    client.db.exec(REFUSES);
    const error = await failure(() => run(client));
    assert.ok(error instanceof MarkersRefused);
    assert.equal(
      error.message,
      '2 markers are refused: first that of Owner3: not this one; change what refuses it and call again; all other owners are enrolled',
    );
    assert.deepEqual(
      error.refused.map(({ user_id, reason }) => [user_id, /** @type {Error} */ (reason).message]),
      [
        ['Owner3', 'not this one'],
        ['Owner7', 'not this one'],
      ],
    );
    const { owners, created, already_enrolled, refused } = error.report;
    assert.deepEqual([owners, created, already_enrolled, refused], [10, 8, 0, 2]);
    assert.equal(count(client.db, 'reward_addresses'), 8);
    assert.deepEqual(clock.pauses, []);
  });

  it('does so beside owners who become due meanwhile', async () => {
    let failed = 0;
    const client = engine({
      fate: ({ name, nth }) => {
        if (name !== 'due' || nth !== 2) return;
        failed = client.argsOf('probe_writes').length;
        addOwners(client.db, 18, 'Owner3a');
      },
    });
    addOwners(client.db, 10);
    client.db.exec(REFUSES);
    const { report } = await failure(() => run(client));
    assert.deepEqual([report.owners, report.created, report.refused], [28, 26, 2]);
    // Those who were refused are not tried again.
    assert.ok(failed > 0);
    assert.equal(client.argsOf('probe_writes').length, failed);
  });

  it('refuses nobody for the sake of another one who becomes due on the same page', async () => {
    const client = engine({ fate: ({ name, nth }) => void (name === 'page' && nth === 1 && addOwners(client.db, 1, 'Owner0x')) });
    addOwners(client.db, 3);
    client.db.exec(REFUSES.replace("'Owner3', 'Owner7'", "'Owner0x0'"));
    const { refused, report } = await failure(() => run(client, { ownersPerPage: 1 }));
    assert.deepEqual(refused.map((/** @type {{ user_id: string }} */ { user_id }) => user_id), ['Owner0x0']);
    assert.equal(report.created, 3);
  });

  it('has no refused owner left who was enrolled by somebody else meanwhile', async () => {
    const client = engine({
      fate: ({ name, nth }) => {
        if (name === 'report' && nth === 1) client.db.exec('DROP TRIGGER refuses');
        if (name === 'report' && nth === 1) addMarker(client.db, 'Owner3');
      },
    });
    addOwners(client.db, 10);
    client.db.exec(REFUSES.replace(", 'Owner7'", ''));
    const { created, refused } = await run(client);
    assert.deepEqual([created, refused], [10, 0]);
  });

  for (const [how, trigger] of [
    ['deletes', "AFTER INSERT ON reward_addresses BEGIN DELETE FROM reward_addresses WHERE user_id = 'Owner3'; END"],
    ['ignores', "BEFORE INSERT ON reward_addresses WHEN new.user_id = 'Owner3' BEGIN SELECT RAISE(IGNORE); END"],
  ]) {
    it(`says so where a trigger ${how} the row`, async () => {
      const client = engine();
      addOwners(client.db, 10);
      client.db.exec(`CREATE TRIGGER removes ${trigger}`);
      const error = await failure(() => run(client));
      assert.match(error.message, /^1 marker is refused: first that of Owner3: a trigger, a conflict clause or a further unique constraint/);
      assert.deepEqual([error.report.created, error.report.refused], [9, 1]);
      assert.equal(count(client.db, 'reward_addresses'), 9);
    });
  }

  it('says so where another row has the place of a marker', async () => {
    const client = engine();
    addOwners(client.db, 10);
    client.db.exec(`INSERT INTO reward_addresses (id, user_id, chain_type, address) VALUES ('FACILITATOR_OWNER:Owner3', 'Owner5', 'evm', '0x')`);
    const error = await failure(() => run(client));
    assert.match(error.message, /^1 marker is refused: another row of reward_addresses has the id or address; see skipped/);
    assert.deepEqual([error.refused, error.report.created, error.report.refused], [[], 9, 1]);
    const [{ reason, user_id }] = await skipped(client);
    assert.deepEqual([reason, user_id], ['refused', 'Owner3']);
  });

  it('halves a page that is too large for the engine', async () => {
    const client = engine({ fate: ({ name, args: [, first = '', after = '~'] }) => (isLarge(name, first, after) ? 'fails' : undefined) });
    const isLarge = (/** @type {string} */ name, /** @type {string} */ first, /** @type {string} */ after) =>
      ['page', 'last_page'].includes(name) && count(client.db, `"user" WHERE id >= '${first}' AND id < '${after}'`) > 3;
    addOwners(client.db, 30);
    assert.equal((await run(client, { ownersPerPage: 500 })).created, 30);
    assert.deepEqual(clock.pauses, []);
  });

  it('stops at a thousand in a row: then it is the schema', async () => {
    const client = engine();
    addOwners(client.db, 1001);
    client.db.exec("CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(ABORT, 'nobody'); END");
    const error = await failure(() => run(client, { ownersPerPage: 50 }));
    assert.equal(error.message, '1000 markers in a row are refused, first that of Owner0: nobody; change the schema');
  });

  it('goes on after a thousand that were refused, but not in a row', async () => {
    const client = engine();
    addOwners(client.db, 1020);
    client.db.exec("CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses WHEN new.user_id NOT LIKE '%555' BEGIN SELECT RAISE(ABORT, ''); END");
    const { report } = await failure(() => run(client, { ownersPerPage: 50 }));
    assert.deepEqual([report.created, report.refused], [1, 1019]);
  });

  it('finds everybody also where ids compare in another order than that of their bytes', async () => {
    const schema = readFileSync(SCHEMA, 'utf8').replace('id            TEXT PRIMARY KEY', 'id TEXT COLLATE NOCASE PRIMARY KEY');
    // Whoever becomes due after others were refused can be hidden behind these.
    const client = engine({ schema, fate: ({ name, nth }) => void (name === 'report' && nth === 1 && addOwners(client.db, 5, 'B')) });
    for (const prefix of ['a', 'c', 'D']) addOwners(client.db, 5, prefix);
    client.db.exec("CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses WHEN new.user_id = 'a0' BEGIN SELECT RAISE(ABORT, ''); END");
    const { refused, report } = await failure(() => run(client));
    assert.deepEqual(refused.map((/** @type {{ user_id: string }} */ { user_id }) => user_id), ['a0']);
    assert.equal(report.created, 19);
  });

  it('waits where somebody else writes, and refuses nobody for that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
    const db = new Database(join(folder, 'host.db'), { timeout: 0 });
    db.exec(readFileSync(SCHEMA, 'utf8'));
    addOwners(db, 10);
    const other = new Database(join(folder, 'host.db'), { timeout: 0 });
    other.exec('BEGIN IMMEDIATE');
    const client = prepared(db);
    let locked = 0;
    const report = await run({
      execute: (sql, args) => {
        if (clock.pauses.length === 3 && other.inTransaction) other.exec('COMMIT');
        return client.execute(sql, args).catch((error) => {
          locked++;
          throw error;
        });
      },
    });
    assert.equal(report.created, 10);
    // Each time the page, and what asks whether anything can be written.
    assert.equal(locked, 6);
    for (const connection of [db, other]) connection.close();
    rmSync(folder, { recursive: true });
  });
});

/** @param {any} db @param {string} id */
function addMarker(db, id) {
  const columns = 'id, user_id, chain_type, address, verification_status, created_at';
  db.prepare(`INSERT INTO reward_addresses (${columns}) VALUES (?, ?, 'facilitator', ?, 'verified', '2026-01-21 10:00:00')`).run(id, id, id);
}
