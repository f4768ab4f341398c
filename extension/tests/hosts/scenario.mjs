// Runs the cases of scenario.json in a host whose connections a small adapter opens.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tests = fileURLToPath(new URL('..', import.meta.url));
// A debug build has checks that the release has not; and there are files for other platforms than this.
const build = process.env.EXTENSION_BUILD ?? 'release';
const file = process.env.EXTENSION ?? join(tests, `../target/${build}/facilitator_markers.so`);
const suffix = extname(file);
export const extension = file.slice(0, -suffix.length);
export const schema = readFileSync(join(tests, '../../tests/host/schema.sql'), 'utf8');
export const { cases, codes, rows } = JSON.parse(readFileSync(join(tests, 'scenario.json'), 'utf8'));
const version = /^version = "(.*)"/m.exec(readFileSync(join(tests, '../Cargo.toml'), 'utf8'))[1];
// Copies under other names: with a bundler's hash, with the host's own, and with none.
const copies = ['facilitator_markers-6lkihn3m', 'enrollment', 'facilitator_markers'];
const opening = ['PRAGMA journal_mode = WAL', 'PRAGMA foreign_keys = ON', 'PRAGMA busy_timeout = 0'];

/**
 * What it gives may be a promise.
 * @typedef {object} Connection
 * @property {(sql: string) => unknown[][]} run runs one statement and gives its rows
 * @property {(sql: string) => void} script runs several
 * @property {() => void} close
 */

/**
 * @typedef {object} Host
 * @property {(path: string, copy?: string) => Connection} connect opens a connection with the extension, or a copy of it
 * @property {(error: any) => { code?: number, primary?: number, name?: string, message: string }} failureOf reads an error;
 *   what the host doesn't tell is left out
 */

/** Runs every case. @param {Host} host */
export async function run(host) {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  try {
    for (const name of copies) await loadCopy(host, join(folder, name));
    for (const [number, example] of cases.entries()) await runCase(host, example, join(folder, `${number}.db`));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function loadCopy(host, copy) {
  copyFileSync(file, copy + suffix);
  const connection = await host.connect(':memory:', copy);
  assert.deepEqual(await connection.run('SELECT facilitator_markers_version()'), [[version]], copy);
  await connection.close();
}

async function runCase(host, example, path) {
  const main = await host.connect(path);
  for (const sql of [...(example.before_schema ?? []), ...opening]) await main.run(sql);
  const [before, after] = example.schema_with ?? ['', ''];
  assert(schema.includes(before), `the schema has no ${before}`);
  await main.script(schema.replace(before, after));
  for (const sql of rows) await main.run(sql);
  const other = await host.connect(path);
  for (const sql of opening) await other.run(sql);
  for (const step of example.do) {
    const where = `${example.name}: ${step.sql}`;
    let given;
    try {
      given = await (step.other ? other : main).run(step.sql);
    } catch (error) {
      checkFailure(where, step, host.failureOf(error));
      continue;
    }
    assert(!step.fails, `${where}: gave ${written(given)}, and should have failed`);
    if ('gives' in step) assert.equal(written(given), step.gives.replace('{version}', version), where);
  }
  await other.close();
  await main.close();
}

function checkFailure(where, step, { code, primary, name, message }) {
  assert(step.fails, `${where}: failed with code ${code ?? primary} ${name}: ${message}`);
  const primaryCode = codes[step.fails].code & 0xff;
  assert.equal(primary ?? primaryCode, primaryCode, `${where}: ${message}`);
  assert.equal(code ?? codes[step.fails].code, codes[step.fails].code, `${where}: ${message}`);
  assert.equal(name ?? step.fails, step.fails, `${where}: ${message}`);
  assert(message.includes(step.says), `${where}: said ${message}`);
}

/** Rows as the scenario has them. */
function written(rows) {
  return rows.map((row) => row.map((value) => value ?? '').join('|')).join(',');
}

/** How long the driver's connections wait for a lock unless they are told otherwise. @param {Host} host */
export async function defaultWait(host) {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  const connection = await host.connect(join(folder, 'host.db'));
  const [[wait]] = await connection.run('PRAGMA busy_timeout');
  await connection.close();
  rmSync(folder, { recursive: true });
  return `${wait.toLocaleString('en')} ms`;
}

/** The last line of every host's program, which hosts.py reads. */
export function report(host, sqlite, wait, result = `all ${cases.length} cases`) {
  console.log(JSON.stringify({ host, sqlite, wait, result }));
}
