// The packed files in each version of Node that the README names. packed.test.js has the machine's.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { HOST_PACKAGES, NEWEST, SCHEMA, emptyProject, skip } from '../empty_project.js';

const NODE_22 = join(HOST_PACKAGES, 'node-22', 'bin', 'node');
const NODE_24 = join(HOST_PACKAGES, 'node-24', 'bin', 'node');
const NODE_NEWEST = join(NEWEST, 'node', 'bin', 'node');

describe('the packed files keep their promises', () => {
  /** @type {import('../empty_project.js').Project} */
  let project;
  before(() => {
    project = emptyProject();
    project.addPackages(NEWEST, ['better-sqlite3']);
    project.addHosts();
  });
  after(() => project.remove());

  // better-sqlite3 13 needs the Node-API of Node 22.14; packed.test.js has better-sqlite3 12, in the machine's Node.
  for (const [node, version, ...drivers] of [
    [NODE_22, 'v22.13.', 'node_sqlite'],
    [NODE_24, 'v24.', 'node_sqlite', 'better_sqlite3'],
    [NODE_NEWEST, 'v', 'node_sqlite', 'better_sqlite3'],
  ]) {
    for (const driver of drivers) {
      it(`in ${node === NODE_NEWEST ? 'the newest Node' : `Node ${version}`}, with ${driver}`, { skip: skip(node) }, () => {
        assert.ok(project.run(node, ['--version']).startsWith(version));
        assert.match(project.run(node, ['--expose-gc', `${driver}.js`, SCHEMA]), /^\d\d promises$/m);
      });
    }
  }
});
