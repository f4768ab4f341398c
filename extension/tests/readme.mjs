// The README's JavaScript, run as it stands there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { extension, report, rows, schema } from './hosts/scenario.mjs';

const require = createRequire(new URL('../../examples/node/package.json', import.meta.url));
const Database = require('better-sqlite3');

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block);
assert.equal(blocks.length, 1);

const db = new Database(':memory:');
db.loadExtension(extension);
db.exec(schema);
for (const sql of rows) db.exec(sql);
db.exec(`INSERT INTO "user" (id, name, email) VALUES ('Pair', 'P', 'P'), ('pAIR', 'p', 'p')`);
const createFacilitator = new Function('db', `${blocks[0]}; return createFacilitator;`)(db);
const count = (table) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

const [facilitators, markers] = [count('facilitators'), count('reward_addresses')];
assert.equal(createFacilitator('n1', 'New', 'new', 'AdaK3v9Z'), 'created');
assert.equal(createFacilitator('n2', 'New', 'new-2', 'AdaK3v9Z'), 'already_enrolled');
assert.equal(createFacilitator('n3', 'New', 'new-3', 'pair'), 'ambiguous_user');
assert.throws(() => createFacilitator('n4', 'New', 'new-4', 'nobody'), /no user has the id nobody/);
assert.deepEqual([count('facilitators'), count('reward_addresses')], [facilitators + 3, markers + 1]);
db.close();
report('the README', 'none', '', 'its JavaScript does what it says');
