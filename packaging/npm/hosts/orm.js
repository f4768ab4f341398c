// What an ORM's program promises, whose modules the test has taken from the README: `node orm.js SCHEMA MODULE`.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';

import { enrollOwners } from './enrollment.js';
import { addOwners, count, failure } from './host.js';

const [schema, module] = process.argv.slice(2);
for (const name of ['host.db', 'host.db-wal', 'host.db-shm'].filter(existsSync)) rmSync(name);
const host = new Database('host.db');
host.pragma('journal_mode = WAL');
host.exec(readFileSync(schema, 'utf8'));
addOwners(host, 300);
host.exec(`INSERT INTO "user"(id, name, email) VALUES ('NewcomeR', 'N', 'N')`);

const { createFacilitator, db, enrolled } = await import(module);
await enrolled;
assert.equal(count(host, 'reward_addresses'), 300, 'the start enrolled everybody');

const facilitator = (id) => ({ id, name: 'New', subdomain: id });
const marker = () => count(host, "reward_addresses WHERE user_id = 'NewcomeR'");
await createFacilitator('NewcomeR', facilitator('new-1'));
assert.equal(marker(), 1, 'who creates a facilitator is enrolled');
await createFacilitator('NewcomeR', facilitator('new-2'));
assert.equal(marker(), 1);
assert.equal(count(host, "facilitators WHERE owner_address = 'newcomer'"), 2);

const unknown = await failure(async () => createFacilitator('Nobody', facilitator('lost')));
assert.match(unknown.message, /nobody: unknown_user/i);
assert.equal(count(host, "facilitators WHERE id = 'lost'"), 0, 'a facilitator of nobody is not created');

// A marker that keeps its transaction from being committed takes the facilitator with it.
host.exec(`INSERT INTO "user"(id, name, email) VALUES ('NeveR', 'V', 'V');
  CREATE TABLE kept(id REFERENCES "user"(id) DEFERRABLE INITIALLY DEFERRED);
  CREATE TRIGGER keep AFTER INSERT ON reward_addresses WHEN new.user_id = 'NeveR' BEGIN INSERT INTO kept VALUES ('nobody'); END`);
assert.match((await failure(async () => createFacilitator('NeveR', facilitator('never')))).message, /FOREIGN KEY/);
assert.equal(count(host, "reward_addresses WHERE user_id = 'NeveR'"), 0);
assert.equal(count(host, "facilitators WHERE id = 'never'"), 0);

// A backfill and other transactions, which last over several turns, go on beside each other.
addOwners(host, 1_000, 'More');
const beside = [1, 2, 3].map((number) => createFacilitator('NewcomeR', facilitator(`beside-${number}`)));
const [report] = await Promise.all([enrollOwners('host.db'), ...beside]);
assert.equal(report.created, 1_000);
assert.equal(count(host, "facilitators WHERE owner_address = 'newcomer'"), 5);

if (module.includes('knex')) {
  // More connections than one, all at once: each has the extension.
  await db.destroy();
  db.client.config.pool.max = 3;
  db.initialize();
  let open = 0;
  /** @type {() => void} */
  let release;
  const allAreOpen = new Promise((resolve) => (release = resolve));
  const version = () =>
    db.transaction(async (transaction) => {
      if (++open === 3) release();
      await allAreOpen;
      return (await transaction.raw('SELECT facilitator_markers_version() AS version'))[0].version;
    });
  const versions = await Promise.all([version(), version(), version()]);
  assert.deepEqual(new Set(versions).size, 1);
}

host.close();
await db.destroy?.();
console.log('kept');
