// Cloudflare D1, as Miniflare has it on this machine.

import { after, before, it } from 'node:test';

import { Miniflare } from 'miniflare';

import { SCHEMA, WORKLOAD } from './expected.js';
import { passes } from './trial.js';
import { d1, statements } from '../../packaging/npm/dist/sql.js';

const NAMES = new Map(Object.entries(statements).map(([name, sql]) => [sql, name]));

/** @type {Miniflare} */
let miniflare;
before(() => {
  const worker = 'export default { fetch: () => new Response() }';
  miniflare = new Miniflare({ modules: true, script: worker, d1Databases: ['DB'], compatibilityDate: '2026-04-01' });
});
after(() => miniflare.dispose());

it('D1 comes to the same rows', async (test) => {
  const binding = await miniflare.getD1Database('DB');
  for (const statement of [...SCHEMA, ...WORKLOAD]) await binding.prepare(statement).run();
  /** How many rows each statement read and wrote, which is what D1 charges for. @type {Record<string, number[]>} */
  const read = {};
  /** @type {number[]} */
  const written = [];
  const client = d1({
    prepare: (sql) => ({
      bind: (...values) => ({
        async all() {
          const answer = await binding.prepare(sql).bind(...values).all();
          const name = NAMES.get(sql);
          if (name !== undefined) (read[name] ??= []).push(answer.meta.rows_read);
          if (name === 'page') written.push(answer.meta.rows_written);
          return answer;
        },
      }),
    }),
  });
  test.diagnostic(`D1: ${await passes(client)}`);
  const first = Object.entries(read).map(([name, [rows]]) => `${name} ${rows}`);
  test.diagnostic(`D1: rows read by ${first.join(', ')}; with the index by a page ${read.page.at(-1)}, due ${read.due.at(-1)}`);
  test.diagnostic(`D1: rows written by a page of 1,000 owners, those of indexes included: ${Math.max(...written)}`);
});
