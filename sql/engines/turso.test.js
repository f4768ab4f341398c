// Turso, the database that is rewritten in Rust, on a file that SQLite has made: it can't load the workload itself yet.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { it } from 'node:test';

import { connect } from '@tursodatabase/database';

import { ROWS, linesOf, localDatabase } from './expected.js';
import { EXPECTED, enrollsAll, enrollsByTrigger, enrollsOne, reasonsAndFindings, timed, versionOf } from './trial.js';
import { prepared, statements } from '../../packaging/npm/dist/sql.js';

it('Turso comes to the same rows, slowly', async (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  localDatabase(join(folder, 'host.db')).close();
  const db = await connect(join(folder, 'host.db'));
  try {
    const client = timed(prepared(db));
    // Each list takes seconds: who is due, the backfill asks.
    await reasonsAndFindings(client);
    await enrollsByTrigger(client);
    const one = await enrollsOne(client);
    const began = performance.now();
    await enrollsAll(client, 1);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    assert.deepEqual(linesOf((await client.execute(ROWS, [])).rows), EXPECTED.lines);
    const lists = ['due', 'skipped', 'report', 'audit'].map((name) => `${name} ${client.middleOf(statements[name])}`);
    const pages = `a page of 1,000 owners ${client.middleOf(statements.page)}`;
    test.diagnostic(`Turso: ${await versionOf(client)}; ${one}; ${pages}; ${lists.join(', ')}; the backfill ${seconds} s`);
  } finally {
    await db.close();
    rmSync(folder, { recursive: true });
  }
});
