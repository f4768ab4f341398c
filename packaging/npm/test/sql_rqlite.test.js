// What is asked of rqlite's nodes. sql/engines tries the adapter with rqlite itself.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { failure } from '../hosts/host.js';
import { due, ensure, report, rqlite, statements } from '../dist/sql.js';

/** @typedef {{ url: string, headers: Record<string, string>, body: unknown }} Asked */

/** Nodes that answer in turn, with a status or with results. @param {(number | object | Error)[]} answers */
function nodes(...answers) {
  /** @type {Asked[]} */
  const asked = [];
  return {
    asked,
    /** @type {import('../dist/sql.js').RqliteOptions['fetch']} */
    async fetch(url, { method, headers, body }) {
      assert.equal(method, 'POST');
      asked.push({ url, headers, body: JSON.parse(body) });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      const isOk = typeof answer === 'object';
      return { ok: isOk, status: isOk ? 200 : Number(answer), text: async () => (isOk ? JSON.stringify({ results: [answer] }) : 'no leader\n') };
    },
  };
}

describe('the adapter for rqlite', () => {
  it('has statements that write executed, and others queried, with values by place', async () => {
    const { asked, fetch } = nodes({ rows_affected: 1 }, { rows: [{ user_id: 'Ada', enrollment_date: '2026-01-21 10:00:00' }] });
    const client = rqlite('http://one:4001/', { fetch, headers: { authorization: 'Basic x' } });
    assert.equal(await ensure(client, 'ada', { now: () => 0 }), 'created');
    assert.deepEqual(await due(client), [{ user_id: 'Ada', enrollment_date: '2026-01-21 10:00:00' }]);
    const headers = { 'content-type': 'application/json', authorization: 'Basic x' };
    assert.deepEqual(asked, [
      { url: 'http://one:4001/db/execute', headers, body: [[statements.ensure, 'ada', '1970-01-01 00:00:00']] },
      { url: 'http://one:4001/db/query?associative&level=strong', headers, body: [[statements.due]] },
    ]);
  });

  it('goes on with the next node where one fails, and stays with the one that answers', async () => {
    const { asked, fetch } = nodes(new TypeError('fetch failed'), 503, { rows: [] }, {});
    const client = rqlite(['http://one', 'http://two', 'http://three'], { fetch, level: 'weak' });
    assert.deepEqual(await due(client), []);
    assert.deepEqual(await due(client), []);
    const hosts = asked.map(({ url }) => new URL(url).host);
    assert.deepEqual(hosts, ['one', 'two', 'three', 'three']);
    assert.match(asked[0].url, /level=weak$/);
  });

  it('fails with what the last node says where none answers', async () => {
    const { asked, fetch } = nodes(new TypeError('fetch failed'), 503, {});
    const client = rqlite(['http://one', 'http://two'], { fetch });
    assert.equal((await failure(() => due(client))).message, 'http://two/db/query?associative&level=strong answers 503: no leader');
    assert.equal(asked.length, 2);
  });

  it("fails with rqlite's error about a statement, which no other node is asked for", async () => {
    const { asked, fetch } = nodes({ error: 'no such table: main.facilitators' });
    const client = rqlite(['http://one', 'http://two'], { fetch });
    assert.equal((await failure(() => report(client))).message, 'no such table: main.facilitators');
    assert.equal(asked.length, 1);
  });
});
