// A database that fails as engines on other machines do, where a test says so, on a clock that only pauses move.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { EXAMPLE, SCHEMA } from './empty_project.js';
import { prepared, statements } from './dist/sql.js';

const Database = createRequire(join(EXAMPLE, 'package.json'))('better-sqlite3');
const NAMES = new Map(Object.entries(statements).map(([name, sql]) => [sql, name]));

/**
 * What becomes of a call: it `fails`, or is run and its answer `lost`, or is answered by another database.
 *
 * @typedef {{ name: string, args: string[], nth: number }} Call `nth` of this statement, from 1
 * @typedef {(call: Call) => 'fails' | 'lost' | Database | void} Fate
 * @typedef {any} Database
 */

/** Statements are long, and some tests run thousands. @type {WeakMap<Database, Map<string, unknown>>} */
const PREPARED = new WeakMap();

/** @param {Database} db @param {string} sql */
function prepare(db, sql) {
  const known = PREPARED.get(db) ?? new Map();
  PREPARED.set(db, known);
  if (!known.has(sql)) known.set(sql, db.prepare(sql));
  return known.get(sql);
}

/** @param {{ fate?: Fate, schema?: string }} [options] */
export function engine({ fate = () => {}, schema = readFileSync(SCHEMA, 'utf8') } = {}) {
  const db = new Database(':memory:');
  db.exec(schema);
  /** @type {Call[]} */
  const calls = [];
  /** @type {Record<string, number>} */
  const counts = {};
  return {
    db,
    calls,
    /** @param {string} name */
    argsOf: (name) => calls.filter((call) => call.name === name).map(({ args }) => args),
    async execute(/** @type {string} */ sql, /** @type {string[]} */ args) {
      const name = NAMES.get(sql) ?? (sql.startsWith('INSERT') ? 'probe_writes' : 'probe_reads');
      const call = { name, args, nth: (counts[name] = (counts[name] ?? 0) + 1) };
      calls.push(call);
      const fated = fate(call);
      if (fated === 'fails') throw new Error(`${name} fails`);
      const answering = typeof fated === 'object' ? fated : db;
      const answer = await prepared({ prepare: (text) => prepare(answering, text) }).execute(sql, args);
      if (fated === 'lost') throw new Error(`the answer of ${name} is lost`);
      return answer;
    },
  };
}

/** Pauses take no time, and move this clock. */
export function clockOfPauses() {
  const real = globalThis.setTimeout;
  const clock = {
    /** @type {number[]} */
    pauses: [],
    time: Date.UTC(2026, 10, 27),
    now: () => clock.time,
    restore: () => void (globalThis.setTimeout = real),
  };
  // @ts-expect-error It gives no timer.
  globalThis.setTimeout = (/** @type {() => void} */ then, /** @type {number} */ milliseconds) => {
    clock.pauses.push(milliseconds);
    clock.time += milliseconds;
    setImmediate(then);
  };
  return clock;
}
