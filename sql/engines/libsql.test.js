// libSQL on a file, through its own client.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

import { createClient } from '@libsql/client';

import { SCHEMA, WORKLOAD } from './expected.js';
import { passes } from './trial.js';

it('libSQL on a file comes to the same rows, through @libsql/client as it is', async (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  const client = createClient({ url: `file:${join(folder, 'host.db')}` });
  try {
    for (const statement of [...SCHEMA, ...WORKLOAD]) await client.execute(statement);
    test.diagnostic(`libSQL on a file: ${await passes(client)}`);
  } finally {
    client.close();
    rmSync(folder, { recursive: true });
  }
});
