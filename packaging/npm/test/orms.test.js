// The README's programs for ORMs, over the packed files.

import assert from 'node:assert/strict';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { BETTER_SQLITE3, EXAMPLE, HOST_PACKAGES, SCHEMA, emptyProject, skip, snippet } from '../empty_project.js';

describe("the README's program enrolls owners at its start and where a facilitator is created", { skip: skip(HOST_PACKAGES) }, () => {
  /** @type {import('../empty_project.js').Project} */
  let project;
  before(() => {
    project = emptyProject();
    project.addPackages(EXAMPLE, BETTER_SQLITE3);
    const packages = readdirSync(HOST_PACKAGES).filter((name) => !/^\.|^node-(\d+|bin-setup)$/.test(name));
    // Ten thousand files, as if they were there.
    for (const name of packages) symlinkSync(join(HOST_PACKAGES, name), join(project.path, 'node_modules', name));
    project.addHosts();
    writeFileSync(join(project.path, 'enrollment.js'), snippet('Drizzle, Kysely, Knex and TypeORM'));
  });
  after(() => project.remove());

  for (const name of ['Drizzle', 'Kysely', 'Knex', 'TypeORM']) {
    it(`with ${name}`, () => {
      const module = `./${name.toLowerCase()}.js`;
      writeFileSync(join(project.path, module), snippet(name));
      assert.match(project.run('node', ['--preserve-symlinks', 'orm.js', SCHEMA, module]), /^kept$/m);
    });
  }
});
