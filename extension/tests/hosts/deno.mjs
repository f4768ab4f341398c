// Deno's node:sqlite: the scenario.

import { DatabaseSync } from 'node:sqlite';

import { defaultWait, extension, report, run } from './scenario.mjs';

/** @type {import('./scenario.mjs').Host} */
const host = {
  connect(path, copy = extension) {
    const db = new DatabaseSync(path, { allowExtension: true });
    db.loadExtension(copy);
    return {
      run: (sql) => db.prepare(sql).all().map(Object.values),
      script: (sql) => db.exec(sql),
      close: () => db.close(),
    };
  },
  failureOf: (error) => ({ code: error.errcode, message: error.message }),
};
await run(host);
report(`Deno ${Deno.version.deno} node:sqlite`, process.versions.sqlite, await defaultWait(host));
