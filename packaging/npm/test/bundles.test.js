// Bundles and single executables of a program that uses the packed files, beside node_modules and elsewhere, and where the
// extension is found.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { BETTER_SQLITE3, EXAMPLE, EXTENSION, PACKAGE, PLATFORM, emptyProject, newest, skip, snippet } from '../empty_project.js';

const PACKAGES = join(PACKAGE, 'node_modules');
const WHAT_TO_DO = /isn't installed\..* keep node_modules beside a bundle\. In a single executable, .* set FACILITATOR_MARKERS_EXTENSION to/;
const VERSION = /^\d+\.\d+\.\d+$/m;

const PROGRAM = `
const db = new Database(':memory:');
load(db);
console.log(facilitatorMarkersVersion(db));`;
const SOURCES = {
  'module.mjs': `import Database from 'better-sqlite3';
    import { facilitatorMarkersVersion, load } from 'facilitator-markers'; ${PROGRAM}`,
  'required.cjs': `const Database = require('better-sqlite3');
    const { facilitatorMarkersVersion, load } = require('facilitator-markers'); ${PROGRAM}`,
  'bun.js': `import { Database } from 'bun:sqlite';
    import { facilitatorMarkersVersion, load } from 'facilitator-markers'; ${PROGRAM}`,
  'carrying.js': `${snippet('Bundles and single executables')}
    await import('./bun.js');`,
  'path.js': `import { getLoadablePath } from 'facilitator-markers'; console.log(getLoadablePath());`,
};

/** @type {import('../empty_project.js').Project} */
let project;
before(() => {
  project = emptyProject();
  project.addPackages(EXAMPLE, BETTER_SQLITE3);
  for (const [name, source] of Object.entries(SOURCES)) writeFileSync(join(project.path, name), source);
});
after(() => project.remove());

/** A folder without node_modules. @type {string} */
let elsewhere;
beforeEach(() => (elsewhere = mkdtempSync(join(tmpdir(), 'facilitator-markers-'))));
afterEach(() => rmSync(elsewhere, { recursive: true }));

/** @param {string[]} sources */
function variable(...sources) {
  return { FACILITATOR_MARKERS_EXTENSION: join(...sources) };
}

for (const [source, format, bundle] of [
  ['module.mjs', 'esm', 'bundle.mjs'],
  ['module.mjs', 'cjs', 'bundle.cjs'],
  ['required.cjs', 'cjs', 'bundle.cjs'],
]) {
  describe(`a bundle of ${source} as ${format}`, () => {
    before(() => {
      const options = ['--bundle', '--platform=node', `--format=${format}`, '--external:better-sqlite3', '--log-level=warning'];
      project.run(join(PACKAGES, '.bin', 'esbuild'), [source, ...options, `--outfile=dist/${bundle}`]);
    });

    it('finds its extension beside node_modules', () => {
      assert.match(project.run('node', [join('dist', bundle)]), VERSION);
    });

    it('says elsewhere what to do, and takes the file that the variable names', () => {
      const moved = join(elsewhere, bundle);
      cpSync(join(project.path, 'dist', bundle), moved);
      mkdirSync(join(elsewhere, 'node_modules'));
      for (const name of BETTER_SQLITE3) symlinkSync(join(EXAMPLE, name), join(elsewhere, 'node_modules', name));
      assert.throws(() => project.run('node', [moved]), WHAT_TO_DO);
      assert.match(project.run('node', [moved], variable(EXTENSION)), VERSION);
    });

    it("finds its extension beside pnpm's node_modules", () => {
      const modules = join(elsewhere, 'node_modules');
      const stored = join(modules, '.pnpm', 'node_modules');
      mkdirSync(stored, { recursive: true });
      for (const name of ['facilitator-markers', `facilitator-markers-${PLATFORM}`]) {
        cpSync(join(project.path, 'node_modules', name), join(stored, name), { recursive: true });
      }
      symlinkSync(join(stored, 'facilitator-markers'), join(modules, 'facilitator-markers'));
      for (const name of BETTER_SQLITE3) symlinkSync(join(EXAMPLE, name), join(modules, name));
      cpSync(join(project.path, 'dist', bundle), join(elsewhere, bundle));
      assert.match(project.run('node', [join(elsewhere, bundle)]), VERSION);
    });
  });
}

describe('a single executable of Bun', { skip: skip(newest('bun')) }, () => {
  /** @param {string} source */
  function executable(source) {
    const path = join(elsewhere, 'executable');
    project.run(newest('bun'), ['build', '--compile', source, '--outfile', path]);
    return path;
  }

  it('says what to do, and takes the file that the variable names', () => {
    const program = executable('bun.js');
    assert.throws(() => project.run(program, [], {}, elsewhere), WHAT_TO_DO);
    assert.match(project.run(program, [], variable(EXTENSION), elsewhere), VERSION);
  });

  it('finds its extension in the node_modules of the folder in which it is run', () => {
    assert.match(project.run(executable('bun.js'), []), VERSION);
  });

  it('can carry the file, and leaves nothing behind', () => {
    const program = executable('carrying.js');
    const temporary = { TMPDIR: join(elsewhere, 'temporary') };
    mkdirSync(temporary.TMPDIR);
    assert.match(project.run(program, [], temporary, elsewhere), VERSION);
    assert.deepEqual(readdirSync(temporary.TMPDIR), []);
  });
});

describe('the path of the extension', () => {
  it('is that of the package, and absolute', () => {
    const installed = join(project.path, 'node_modules', `facilitator-markers-${PLATFORM}`, 'facilitator_markers.so');
    assert.equal(project.run('node', ['path.js']), `${installed}\n`);
    assert.equal(project.run('node', ['path.js'], variable('own.so')), `${join(project.path, 'own.so')}\n`);
  });

  it('is found once, without a report of the network', () => {
    const program = `import { getLoadablePath } from 'facilitator-markers';
      const { getReport } = process.report;
      process.report.getReport = () => (console.log(process.report.excludeNetwork), getReport.call(process.report));
      for (const path of [getLoadablePath(), getLoadablePath()]) console.log(typeof path);
      console.log(process.report.excludeNetwork);`;
    assert.equal(project.run('node', ['--input-type=module', '-e', program]), 'true\nstring\nstring\nfalse\n');
  });

  it('is not guessed where the package is missing', () => {
    const installed = join(project.path, 'node_modules', `facilitator-markers-${PLATFORM}`);
    renameSync(installed, join(elsewhere, 'away'));
    assert.throws(() => project.run('node', ['path.js']), WHAT_TO_DO);
    renameSync(join(elsewhere, 'away'), installed);
  });
});
