// The JavaScript of the project's README, run as it stands there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { it } from 'node:test';

import { EXAMPLE, EXTENSION, ROOT, SCHEMA } from '../empty_project.js';
import { addOwners, count } from '../hosts/host.js';

process.env.FACILITATOR_MARKERS_EXTENSION = EXTENSION;
const markers = await import('../dist/index.js');
const Database = createRequire(join(EXAMPLE, 'package.json'))('better-sqlite3');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const [, names, code] = /^```js\nimport \{ (.*?) \} from 'facilitator-markers';\n(.*?)^```$/ms.exec(readme) ?? [];

it("the README's JavaScript enrolls who is there, and whoever creates a facilitator", async () => {
  const db = new Database(':memory:');
  db.exec(readFileSync(SCHEMA, 'utf8'));
  addOwners(db, 3);
  db.exec(`INSERT INTO "user" (id, name, email) VALUES ('Ada', 'A', 'A'), ('Pair', 'P', 'P'), ('pAIR', 'p', 'p')`);
  const imported = names.split(', ').map((name) => markers[/** @type {keyof typeof markers} */ (name)]);
  const AsyncFunction = async function () {}.constructor;
  const program = AsyncFunction('db', ...names.split(', '), `${code}; return { createFacilitator, report };`);
  const { createFacilitator, report } = await program(db, ...imported);
  assert.equal(report.created, 3);

  assert.equal(createFacilitator('n1', 'New', 'new', 'Ada'), 'created');
  assert.equal(createFacilitator('n2', 'New', 'new-2', 'Ada'), 'already_enrolled');
  assert.equal(createFacilitator('n3', 'New', 'new-3', 'pair'), 'ambiguous_user');
  assert.throws(() => createFacilitator('n4', 'New', 'new-4', 'nobody'), /nobody: unknown_user/);
  assert.deepEqual([count(db, 'facilitators'), count(db, 'reward_addresses')], [6, 4]);
  db.close();
});
