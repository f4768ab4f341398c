// The repair, and its log.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { WRONG, addOwners, count, failure, rows } from './host.js';

export const repairs = {
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
