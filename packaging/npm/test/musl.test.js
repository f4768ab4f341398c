// The packed file for musl, in Bun's build for musl, which .ci/platforms has prepared.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { ROOT, SCHEMA, emptyProject, skip } from '../empty_project.js';

const TARGET = join(ROOT, 'extension', 'target');
const BUN = join(TARGET, 'bun-musl', 'bun');
const EXTENSION = join(TARGET, 'dist', 'linux-x64-musl', 'facilitator_markers.so');

// npm refuses it on this machine, whose C library is another.
describe('the packed file for musl in an empty project', () => {
  it('keeps its promises with bun:sqlite', { skip: skip(BUN, EXTENSION) }, () => {
    const project = emptyProject('linux-x64-musl', EXTENSION, ['--force']);
    try {
      project.addHosts();
      assert.match(project.run(BUN, ['bun_sqlite.js', SCHEMA]), /^\d\d promises$/m);
    } finally {
      project.remove();
    }
  });
});
