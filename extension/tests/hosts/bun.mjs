// Bun's own bun:sqlite: the scenario.

import { Database } from 'bun:sqlite';

import { defaultWait, extension, report, run } from './scenario.mjs';

/** @type {import('./scenario.mjs').Host} */
const host = {
  connect(path, copy = extension) {
    const db = new Database(path);
    db.loadExtension(copy);
    return {
      run(sql) {
        const statement = db.prepare(sql);
        const rows = statement.values();
        statement.finalize();
        return rows;
      },
      script: (sql) => db.exec(sql),
      close: () => db.close(),
    };
  },
  failureOf: (error) => ({ code: error.errno, name: error.code, message: error.message }),
};
await run(host);
report(['Bun', ...process.argv.slice(2), Bun.version].join(' '), host.connect(':memory:').run('SELECT sqlite_version()')[0][0], await defaultWait(host));
