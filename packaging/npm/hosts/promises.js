// What the package promises, tried in one driver: promises(connect, name). It runs in Node, Bun and Deno, and imports the package
// as a host does.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {typeof import('../dist/index.js')} markers the package
 * @param {(path: string) => any} connect opens a connection that doesn't wait for locks
 * @param {string} schema the host's tables
 */
export async function promises(markers, connect, schema) {
  for (const [name, promise] of Object.entries(PROMISES)) {
    const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
    const path = join(folder, 'host.db');
    const db = connect(path);
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF');
      db.exec(schema);
      markers.load(db);
      await promise({ markers, db, path, connect, folder });
    } catch (error) {
      throw new Error(name, { cause: error });
    } finally {
      db.close();
      rmSync(folder, { recursive: true });
    }
  }
  return Object.keys(PROMISES).length;
}

/** @param {any} db */
function addOwners(db, count, prefix = 'Owner') {
  const user = db.prepare('INSERT INTO "user"(id, name, email) VALUES (?, ?, ?)');
  const facilitator = db.prepare(
    "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES (?, 'F', ?, ?, '2026-01-21 10:00:00')",
  );
  db.exec('BEGIN');
  for (let number = 0; number < count; number++) {
    const id = `${prefix}${number}`;
    user.run(id, 'O', id);
    facilitator.run(id, id, id.toLowerCase());
  }
  db.exec('COMMIT');
}

/** @param {any} db */
const count = (db, sql) => Number(Object.values(db.prepare(`SELECT count(*) AS count FROM ${sql}`).get())[0]);
const rows = (db) => JSON.stringify(db.prepare('SELECT * FROM reward_addresses ORDER BY id').all());

async function failure(promise) {
  try {
    await promise();
  } catch (error) {
    return error;
  }
  return assert.fail('it did not fail');
}

async function listed(list) {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

const WRONG = `INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
  SELECT id, id, 'facilitator', 'FACILITATOR_OWNER:' || id, 'verified', '2026-05-01', '2026-05-01 00:00:00' FROM "user"`;

const PROMISES = {
  async 'ensure, create, preview and version answer'({ markers, db }) {
    addOwners(db, 2);
    db.exec(`INSERT INTO facilitators(id, name, subdomain, owner_address) VALUES ('lost', 'F', 'lost', 'nobody')`);
    assert.equal(markers.ensureFacilitatorMarker(db, 'owner0'), 'created');
    assert.equal(markers.ensureFacilitatorMarker(db, 'Owner0'), 'already_enrolled');
    assert.equal(markers.createFacilitatorMarker(db, 'Owner1', '2026-02-03T10:00:00+02:00'), 'created');
    assert.equal(markers.createFacilitatorMarker(db, 'owner1', '2026-02-03'), 'unknown_user');
    const { warnings, ...counts } = markers.previewFacilitatorMarkers(db);
    assert.deepEqual(warnings, []);
    assert.deepEqual(counts, {
      owners: 2, created: 0, already_enrolled: 2, unreadable_date: 0, refused: 0, unknown_users: 1, ambiguous_users: 0,
      unreadable_dates: 0,
    });
    assert.match(markers.facilitatorMarkersVersion(db), /^\d+\.\d+\.\d+$/);
  },

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
    db.exec('COMMIT');
    assert.equal(count(db, 'reward_addresses'), 0);
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

  async 'an error keeps what the driver says and tells whether it is worth a retry'({ markers, db, path, connect }) {
    addOwners(db, 1);
    const other = connect(path);
    other.exec('BEGIN IMMEDIATE');
    const busy = await failure(() => markers.ensureFacilitatorMarker(db, 'Owner0'));
    assert.equal(busy.retryable, true);
    const code = busy.errcode ?? busy.errno ?? busy.code;
    assert.ok(code === 5 || code === 'SQLITE_BUSY', `${code}`);
    other.exec('ROLLBACK');
    const misuse = await failure(() => markers.createFacilitatorMarker(db, 'Owner0', 'soon'));
    assert.equal(misuse.retryable, false);
    assert.match(misuse.message, /can't be read/);
    const unloaded = await failure(() => markers.ensureFacilitatorMarker(other, 'Owner0'));
    assert.match(unloaded.message, /call load\(db\)/);
    other.close();
  },

  async 'the lists tell who is due, who is left out and what is wrong'({ markers, db }) {
    addOwners(db, 250);
    db.exec(`INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES ('lost', 'F', 'lost', 'nobody', 'x'),
      ('bad', 'F', 'bad', 'owner1', 'soon')`);
    const due = await listed(markers.dueOwners(db));
    assert.equal(due.length, 249);
    const first = due.find(({ user_id }) => user_id === 'Owner0');
    assert.deepEqual(first, { user_id: 'Owner0', enrollment_date: '2026-01-21 10:00:00', is_to_come: false });
    const skipped = await listed(markers.skippedOwners(db));
    assert.deepEqual(skipped.map(({ reason }) => reason).sort(), ['unknown_user', 'unreadable_date']);
    const { facilitators, user_id } = skipped.find(({ reason }) => reason === 'unreadable_date');
    assert.deepEqual([user_id, facilitators], ['Owner1', [{ id: 'bad', created_at: 'soon' }]]);
    db.exec(WRONG);
    db.exec(`INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at)
      VALUES ('t', 'Owner0', 'settle', 'base', 'a', 'b', '90000000000000000001', 'USDC', 'success', '2026-02-01 00:00:00')`);
    const findings = await listed(markers.auditFacilitatorMarkers(db, { cost: true }));
    assert.equal(findings.length, 249);
    const late = findings.find(({ marker_id }) => marker_id === 'Owner0');
    assert.deepEqual([late.name, late.mend, late.counted, late.total], ['dated_late', 'repair', 0n, 90000000000000000001n]);
    assert.ok(!('counted' in (await listed(markers.auditFacilitatorMarkers(db)))[0]));
    for await (const one of markers.dueOwners(db)) assert.fail(one.user_id);
    for await (const one of markers.auditFacilitatorMarkers(db)) {
      assert.equal(one.name, 'dated_late');
      break;
    }
    // The connection is free again.
    assert.equal(markers.ensureFacilitatorMarker(db, 'Owner0'), 'already_enrolled');
  },

  async 'a repair logs each change before it is committed, and the log undoes it'({ markers, db, folder }) {
    addOwners(db, 30);
    db.exec(WRONG);
    const before = rows(db);
    const undoLog = join(folder, 'undo.jsonl');
    let told = 0;
    const report = await markers.repairFacilitatorMarkers(db, { undoLog, markersPerStep: 7, onChange: () => (told += 1) });
    assert.deepEqual(report, { markers: 30, repaired: 30, refused: 0, message: null });
    assert.equal(told, 30);
    assert.equal(count(db, "reward_addresses WHERE created_at = '2026-01-21 10:00:00'"), 30);
    assert.deepEqual((await markers.repairFacilitatorMarkers(db)).repaired, 0);
    const log = readFileSync(undoLog, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(log.length, 30);
    for (const { undo } of log) db.exec(undo);
    assert.equal(rows(db), before);
  },

  async 'what can not be kept is not changed'({ markers, db, folder }) {
    addOwners(db, 10);
    db.exec(WRONG);
    const before = rows(db);
    for (const onChange of [() => assert.fail('full'), async () => {}]) {
      await failure(() => markers.repairFacilitatorMarkers(db, { onChange }));
      assert.equal(rows(db), before);
    }
    await failure(() => markers.repairFacilitatorMarkers(db, { undoLog: folder }));
    assert.equal(rows(db), before);
    assert.equal((await markers.repairFacilitatorMarkers(db)).repaired, 10);
  },
};
