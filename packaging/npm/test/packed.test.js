// The packed files, installed offline in an empty project, in each driver: EXTENSION is the path of this platform's extension.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const PACKAGE = join(import.meta.dirname, '..');
const ROOT = join(PACKAGE, '..', '..');
const SCHEMA = join(ROOT, 'tests', 'host', 'schema.sql');
const EXTENSION = process.env.EXTENSION ?? join(ROOT, 'extension', 'target', 'release', 'facilitator_markers.so');
const OTHERS = join(ROOT, 'extension', 'tests', 'hosts', 'node_modules', '.bin');
const PLATFORM = 'linux-x64-gnu';

/** @type {string} */
let project;

/**
 * @param {string} program
 * @param {string[]} options
 * @param {Record<string, string>} [environment]
 */
function run(program, options, environment = {}) {
  const env = { ...process.env, FACILITATOR_MARKERS_EXTENSION: '', ...environment };
  return execFileSync(program, options, { cwd: project, encoding: 'utf8', env });
}

describe('the packed files in an empty project', () => {
  before(() => {
    project = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
    const packed = join(project, 'packed');
    execFileSync('node', [join(PACKAGE, 'pack.js'), packed, `${PLATFORM}=${EXTENSION}`], { stdio: 'ignore' });
    writeFileSync(join(project, 'package.json'), '{ "name": "host", "private": true, "type": "module" }');
    const files = readdirSync(packed).map((name) => join(packed, name));
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', ...files]);
    for (const name of ['better-sqlite3', 'bindings', 'file-uri-to-path', '@types', 'undici-types']) {
      cpSync(join(PACKAGE, 'node_modules', name), join(project, 'node_modules', name), { recursive: true });
    }
    cpSync(join(PACKAGE, 'hosts'), project, { recursive: true });
  });
  after(() => rmSync(project, { recursive: true }));

  for (const [driver, program, options] of [
    ['better-sqlite3', 'node', ['better_sqlite3.js']],
    ['node:sqlite', join(OTHERS, 'node'), ['node_sqlite.js']],
    ['bun:sqlite', join(OTHERS, 'bun'), ['bun_sqlite.js']],
    ['node:sqlite of Deno', join(OTHERS, 'deno'), ['run', '--allow-all', 'node_sqlite.js']],
  ]) {
    const isThere = program === 'node' || existsSync(program) || process.env.CI !== undefined;
    it(`keep their promises with ${driver}`, { skip: !isThere && `there is no ${program}` }, () => {
      assert.match(run(program, [...options, SCHEMA]), /^\d\d promises$/m);
    });
  }

  it('can be required, and loaded in a worker thread', () => {
    assert.match(run('node', ['worker.cjs']), /^(\d+\.\d+\.\d+) \1$/m);
  });

  it('have types for each kind of module', () => {
    const tsc = join(PACKAGE, 'node_modules', '.bin', 'tsc');
    const strict = ['--strict', '--noEmit', '--target', 'es2022', '--types', 'node', '--esModuleInterop'];
    for (const [module, resolution] of [
      ['nodenext', 'nodenext'],
      ['node16', 'node16'],
      ['esnext', 'bundler'],
      ['preserve', 'bundler'],
      ['commonjs', 'node10'],
    ]) {
      run(tsc, [...strict, '--module', module, '--moduleResolution', resolution, 'types.ts']);
    }
    cpSync(join(project, 'types.ts'), join(project, 'types.cts'));
    run(tsc, [...strict, '--module', 'nodenext', 'types.cts']);
  });

  it('take the file that FACILITATOR_MARKERS_EXTENSION names, and say what to do where there is none', () => {
    const path = "import('facilitator-markers').then(({ getLoadablePath }) => console.log(getLoadablePath()))";
    assert.equal(run('node', ['-e', path], { FACILITATOR_MARKERS_EXTENSION: '/own/file.so' }), '/own/file.so\n');
    rmSync(join(project, 'node_modules', `facilitator-markers-${PLATFORM}`), { recursive: true });
    assert.throws(() => run('node', ['-e', path]), /set FACILITATOR_MARKERS_EXTENSION to its path/);
  });
});
