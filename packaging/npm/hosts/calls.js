// The calls that answer at once, the lists, and errors.

import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { WRONG, addOwners, failure, listed } from './host.js';

export const calls = {
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
    assert.notEqual(unloaded.errcode ?? unloaded.errno ?? unloaded.code, undefined);
    other.close();
  },

  async 'a wrong path is named, with the variable that has it, and a right one needs no ending'({ markers, connect, folder }) {
    const path = markers.getLoadablePath();
    const db = connect(join(folder, 'other.db'));
    const notALibrary = join(folder, 'text.so');
    writeFileSync(notALibrary, 'text');
    try {
      process.env.FACILITATOR_MARKERS_EXTENSION = '/nowhere/x.so';
      assert.match((await failure(() => markers.load(db))).message, /no \/nowhere\/x\.so, .*FACILITATOR_MARKERS_EXTENSION/);
      process.env.FACILITATOR_MARKERS_EXTENSION = notALibrary;
      const { message, retryable } = await failure(() => markers.load(db));
      assert.ok(message.includes(`${notALibrary} has to be the extension for this system`), message);
      assert.equal(retryable, false);
      const named = join(folder, 'mine');
      copyFileSync(path, `${named}.so`);
      process.env.FACILITATOR_MARKERS_EXTENSION = named;
      markers.load(db);
    } finally {
      process.env.FACILITATOR_MARKERS_EXTENSION = '';
      db.close();
    }
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
};
