// npm's sqlite3, whose calls answer later, from threads of its own: the scenario.

import { createRequire } from 'node:module';
import { promisify } from 'node:util';

import { defaultWait, extension, report, run } from './scenario.mjs';

const require = createRequire(new URL('sqlite3-of-npm/package.json', import.meta.url));
const sqlite3 = require('sqlite3');
/** @type {import('./scenario.mjs').Host} */
const host = {
  async connect(path, copy = extension) {
    const db = new sqlite3.Database(path);
    await promisify(db.loadExtension).call(db, copy);
    const all = promisify(db.all).bind(db);
    return {
      run: async (sql) => (await all(sql)).map(Object.values),
      script: promisify(db.exec).bind(db),
      close: promisify(db.close).bind(db),
    };
  },
  failureOf: (error) => ({ primary: error.errno, message: error.message }),
};

await run(host);
const connection = await host.connect(':memory:');
const [[sqlite]] = await connection.run('SELECT sqlite_version()');
report(`sqlite3 of npm ${require('sqlite3/package.json').version}`, sqlite, await defaultWait(host));
