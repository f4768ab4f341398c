// The addon: outcomes, errors, and an event loop that goes on while a backfill runs.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { afterEach, beforeEach, test } = require('node:test');

const { Platform } = require('.');

const SCHEMA = `
  CREATE TABLE "user" (id TEXT PRIMARY KEY NOT NULL);
  CREATE TABLE facilitators (
    id TEXT PRIMARY KEY, owner_address TEXT NOT NULL, created_at TEXT NOT NULL);
  CREATE INDEX idx_facilitators_owner ON facilitators(owner_address);
  CREATE TABLE reward_addresses (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES "user"(id),
    chain_type TEXT NOT NULL CHECK (chain_type IN ('evm', 'facilitator')), address TEXT NOT NULL,
    verification_status TEXT NOT NULL, verified_at TEXT, created_at TEXT NOT NULL, UNIQUE (user_id, address));
  INSERT INTO "user" VALUES ('Ada'), ('Wallet'), ('Undated'), ('Pair'), ('pAIR');
  INSERT INTO facilitators VALUES
    ('f1', 'ada', '2026-03-01 00:00:00'), ('f2', 'ada', '2026-01-21T01:30:00+02:00'),
    ('f3', 'undated', 'soon'), ('f4', 'pair', '2026-01-01'), ('f5', 'gone', '2026-01-01');
`;

let folder, platform;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'platform-'));
  platform = new Platform(path.join(folder, 'platform.db'));
  platform.exec('PRAGMA journal_mode = WAL');
  platform.exec(SCHEMA);
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function addOwners(count) {
  platform.exec(`
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ${count})
    INSERT INTO "user" SELECT 'Owner' || x FROM n;
    INSERT INTO facilitators SELECT id, id, '2026-01-01 00:00:00' FROM "user" WHERE id GLOB 'Owner*'`);
}

test('ensure names the outcome', () => {
  const enrolled = { userId: 'Ada', enrolledSince: '2026-01-20 23:30:00' };
  assert.deepEqual(platform.ensure('ada'), { outcome: 'created', ...enrolled });
  assert.deepEqual(platform.ensure('Ada'), { outcome: 'already_enrolled', ...enrolled });
  assert.deepEqual(platform.ensure('nobody'), { outcome: 'unknown_user' });
  assert.deepEqual(platform.ensure('Wallet'), { outcome: 'not_an_owner' });
  assert.deepEqual(platform.ensure('PAIR'), { outcome: 'ambiguous_user' });
  assert.deepEqual(platform.ensure('Undated'), { outcome: 'unreadable_date' });
  platform.close();
});

test('ensure is part of the transaction that adds the facilitator', () => {
  platform.exec(`BEGIN; INSERT INTO facilitators VALUES ('f6', 'wallet', '2026-02-02 02:02:02')`);
  assert.equal(platform.ensure('Wallet').outcome, 'created');
  platform.exec('ROLLBACK');
  assert.equal(platform.ensure('Wallet').outcome, 'not_an_owner');
  platform.close();
});

test('backfill reports what it did', async () => {
  const report = {
    owners: 2, created: 1, alreadyEnrolled: 0, unreadableDate: 1,
    unknownUsers: 1, ambiguousUsers: 1, unreadableDates: 1,
  };
  assert.deepEqual(await platform.backfill(), report);
  assert.deepEqual(await platform.backfill(), { ...report, created: 0, alreadyEnrolled: 1 });
  platform.close();
});

test('the event loop goes on while a backfill runs', async () => {
  addOwners(20000);
  let running = true, turns = 0;
  const backfill = platform.backfill().finally(() => { running = false; });
  // Meanwhile the server serves its clients, over its own connection.
  while (running) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    turns += 1;
    if (turns === 3) assert.match(platform.ensure('Owner20000').outcome, /created|already_enrolled/);
  }
  const report = await backfill;
  assert.ok(turns >= 3, `${turns} turns`);
  assert.equal(report.created + report.alreadyEnrolled, 20001);
  platform.close();
});

test('errors have a reason and SQLite\'s code', async () => {
  platform.exec('DROP TABLE reward_addresses');
  const missing = { errcode: 1, message: /the database lacks table reward_addresses/ };
  assert.throws(() => platform.ensure('Ada'), missing);
  await assert.rejects(platform.backfill(), missing);
  assert.throws(() => new Platform('/no/such/folder/platform.db'), { errcode: 14 });
  platform.close();
});

test('misuse throws', () => {
  assert.throws(() => platform.ensure(), TypeError);
  assert.throws(() => platform.ensure(7), TypeError);
  assert.throws(() => platform.ensure('a\0b'), TypeError);
  assert.throws(() => new Platform(), TypeError);
  assert.throws(() => Platform.prototype.ensure.call({}, 'Ada'), TypeError);
  assert.throws(() => Platform('platform.db'), TypeError);
  platform.close();
  assert.throws(() => platform.ensure('Ada'), /closed/);
  assert.throws(() => platform.backfill(), /closed/);
  assert.throws(() => platform.close(), /closed/);
});

test('closing leaves a running backfill alone', async () => {
  addOwners(2000);
  const backfill = platform.backfill();
  platform.close();
  assert.equal((await backfill).created, 2001);
});
