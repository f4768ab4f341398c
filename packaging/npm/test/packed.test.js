// The packed files in each driver, and what tools say of them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { BETTER_SQLITE3, EXAMPLE, PACKAGE, PLATFORM, README, ROOT, SCHEMA, emptyProject, newest, skip, snippet } from '../empty_project.js';

const [, DENO_MAY] = /`deno run (.*?)`/.exec(README) ?? [];
const WORKLOAD = join(ROOT, 'sql', 'engines', 'workload.sql');
const PACKAGES = join(PACKAGE, 'node_modules');

describe('the packed files in an empty project', () => {
  /** @type {import('../empty_project.js').Project} */
  let project;
  before(() => {
    project = emptyProject();
    project.addPackages(EXAMPLE, BETTER_SQLITE3);
    project.addHosts();
  });
  after(() => project.remove());

  for (const [driver, program, options] of [
    ['better-sqlite3', 'node', ['better_sqlite3.js']],
    ['node:sqlite', newest('node'), ['node_sqlite.js']],
    ['bun:sqlite', newest('bun'), ['bun_sqlite.js']],
    ['node:sqlite of Deno', newest('deno'), ['run', ...DENO_MAY.split(' '), 'node_sqlite.js']],
  ]) {
    it(`keep their promises with ${driver}`, { skip: program !== 'node' && skip(program) }, () => {
      assert.match(project.run(program, [...options, SCHEMA]), /^\d\d promises$/m);
    });
  }

  for (const [driver, program] of [
    ['better-sqlite3', 'node'],
    ['node:sqlite', newest('node')],
    ['bun:sqlite', newest('bun')],
  ]) {
    it(`leave the same markers without the extension, in SQL, with ${driver}`, { skip: program !== 'node' && skip(program) }, () => {
      assert.match(project.run(program, ['sql_edition.js', driver, SCHEMA, WORKLOAD]), /^\d{4} markers$/m);
    });
  }

  it('have a part for SQL that needs nothing of Node, and can be required', () => {
    const options = ['--bundle', '--platform=browser', '--format=esm', '--outfile=worker.js', '--log-level=warning'];
    writeFileSync(join(project.path, 'worker.mjs'), `export { backfill } from 'facilitator-markers/sql';`);
    project.run(join(PACKAGES, '.bin', 'esbuild'), ['worker.mjs', ...options]);
    const program = `console.log(require('facilitator-markers/sql').statements.page === require('fs').readFileSync(process.argv[1], 'utf8'))`;
    assert.equal(project.run('node', ['-e', program, join(ROOT, 'sql', 'page.sql')]), 'true\n');
  });

  it('can be required, and loaded in a worker thread', () => {
    assert.match(project.run('node', ['worker.cjs']), /^(\d+\.\d+\.\d+) \1$/m);
  });

  it('do what the README begins with', () => {
    project.run('node', ['three_owners.js', SCHEMA]);
    const program = `const userId = 'Owner1'; ${snippet('facilitator-markers')} console.log(outcome, report.created);`;
    writeFileSync(join(project.path, 'readme.js'), program);
    assert.equal(project.run('node', ['readme.js']), 'created 2\n');
  });

  it('do what the README has for engines that load no library', () => {
    project.run('node', ['three_owners.js', SCHEMA]);
    const program = snippet('Engines that load no library');
    const printed = `import './rqlite_node.js'; const userId = 'Owner1'; ${program} console.log(outcome, report.created);`;
    writeFileSync(join(project.path, 'engines.js'), printed);
    assert.equal(project.run('node', ['engines.js']), '2 of 2\ncreated 2\n');
  });

  it('leave publint and attw nothing to say', () => {
    for (const packed of project.packed) project.run(join(PACKAGES, '.bin', 'publint'), ['--strict', packed]);
    const main = project.packed.find((path) => !path.includes(PLATFORM));
    project.run(join(PACKAGES, '.bin', 'attw'), [main, '--profile', 'strict', '--no-definitely-typed']);
  });
});
