// The types of the packed files, in a program of TypeScript's, for each kind of module.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { HOST_PACKAGES, PACKAGE, emptyProject, skip } from '../empty_project.js';

const PACKAGES = join(PACKAGE, 'node_modules');
const STRICT = ['--strict', '--noEmit', '--target', 'esnext', '--types', 'node,bun-types', '--esModuleInterop'];

describe('the types of the packed files', { skip: skip(HOST_PACKAGES) }, () => {
  /** @type {import('../empty_project.js').Project} */
  let project;
  before(() => {
    project = emptyProject();
    project.addPackages(PACKAGES, [join('@types', 'better-sqlite3')]);
    project.addPackages(HOST_PACKAGES, [join('@types', 'node'), 'bun-types', 'undici-types']);
    project.addHosts();
    cpSync(join(project.path, 'types.ts'), join(project.path, 'types.cts'));
  });
  after(() => project.remove());

  for (const [module, resolution, ...files] of [
    ['nodenext', 'nodenext', 'types.ts', 'types.cts'],
    ['esnext', 'bundler', 'types.ts'],
    ['commonjs', 'node10', 'types.ts'],
  ]) {
    it(`fit a program whose modules are ${module}, resolved as ${resolution}`, () => {
      const modules = ['--module', module, '--moduleResolution', resolution];
      project.run(join(PACKAGES, '.bin', 'tsc'), [...STRICT, ...modules, ...files]);
    });
  }
});
