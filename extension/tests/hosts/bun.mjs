// Bun's own bun:sqlite: the scenario.

import { Database } from 'bun:sqlite';

import { extension, report, run } from './scenario.mjs';

run({
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
});
report(`Bun ${Bun.version}`, new Database(':memory:').prepare('SELECT sqlite_version()').values()[0][0]);
