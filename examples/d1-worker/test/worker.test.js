// The Worker, in the runtime of Cloudflare's. sql/engines has that, and packaging/npm what bundles it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const { Miniflare } = createRequire(join(ROOT, 'sql', 'engines', 'package.json'))('miniflare');
const ESBUILD = join(ROOT, 'packaging', 'npm', 'node_modules', '.bin', 'esbuild');
const SCHEMA = readFileSync(join(ROOT, 'tests', 'host', 'schema.sql'), 'utf8').replace(/--.*$/gm, '').split(';');

describe('the Worker', () => {
  /** @type {any} */
  let miniflare;
  /** @type {any} */
  let database;
  before(async () => {
    const worker = join(import.meta.dirname, '..', 'worker.js');
    const script = execFileSync(ESBUILD, [worker, '--bundle', '--format=esm', '--platform=neutral'], { encoding: 'utf8' });
    miniflare = new Miniflare({ modules: true, script, d1Databases: ['DB'], compatibilityDate: '2026-04-01' });
    database = await miniflare.getD1Database('DB');
    for (const statement of SCHEMA.filter((each) => each.trim() !== '')) await database.prepare(statement).run();
    await database.batch([
      database.prepare(`INSERT INTO "user" (id, name, email) VALUES ('Ada', 'A', 'A'), ('Bob', 'B', 'B'), ('Cid', 'C', 'C')`),
      database.prepare(`INSERT INTO facilitators (id, name, subdomain, owner_address, created_at)
        VALUES ('f1', 'F', 'f1', 'bob', '2026-01-21T10:00:00Z'), ('f2', 'F', 'f2', 'cid', 'soon')`),
    ]);
  });
  after(() => miniflare.dispose());

  /** @param {string} owner @param {string} subdomain */
  async function create(owner, subdomain) {
    const body = JSON.stringify({ owner, name: 'Pay', subdomain });
    const response = await miniflare.dispatchFetch('http://host/admin/facilitators', { method: 'POST', body });
    return [response.status, response.status < 500 ? (await response.json()).enrollment : await response.text()];
  }
  /** @param {string} table */
  const count = async (table) => (await database.prepare(`SELECT count(*) AS count FROM ${table}`).first()).count;

  it('enrolls the owner of a new facilitator', async () => {
    assert.deepEqual(await create('Ada', 'ada'), [201, 'created']);
    assert.deepEqual(await create('Ada', 'ada-2'), [201, 'already_enrolled']);
    assert.deepEqual(await create('Cid', 'cid'), [201, 'unreadable_date']);
    assert.deepEqual(await create('nobody', 'nobody'), [404, undefined]);
    assert.equal(await count("facilitators WHERE owner_address IN ('ada', 'nobody')"), 2);
  });

  it('creates no facilitator whose marker the database refuses', async () => {
    await database.prepare("CREATE TRIGGER refuses BEFORE INSERT ON reward_addresses BEGIN SELECT RAISE(ABORT, 'nobody'); END").run();
    const before = await count('facilitators');
    const [status, error] = await create('Bob', 'bob');
    assert.equal(status, 500);
    assert.match(error, /nobody/);
    await database.prepare('DROP TRIGGER refuses').run();
    assert.equal(await count('facilitators'), before);
  });

  it('enrolls everybody else on its schedule', async () => {
    const worker = await miniflare.getWorker();
    assert.equal((await worker.scheduled({ cron: '0 * * * *' })).outcome, 'ok');
    const { results } = await database.prepare('SELECT user_id FROM reward_addresses ORDER BY user_id').all();
    assert.deepEqual(results.map((/** @type {{ user_id: string }} */ { user_id }) => user_id), ['Ada', 'Bob']);
  });

  it('has nothing else', async () => {
    assert.equal((await miniflare.dispatchFetch('http://host/admin/facilitators')).status, 404);
  });
});
