// How better-sqlite3 opens a connection with the extension, whatever its version.

import { extension } from './scenario.mjs';

/** @returns {import('./scenario.mjs').Host & { sqliteVersion: () => string }} */
export function betterSqlite3(Database) {
  return {
    connect(path, copy = extension) {
      const db = new Database(path);
      db.loadExtension(copy);
      return {
        run(sql) {
          const statement = db.prepare(sql);
          if (statement.reader) return statement.raw().all();
          statement.run();
          return [];
        },
        script: (sql) => db.exec(sql),
        close: () => db.close(),
      };
    },
    failureOf: (error) => ({ name: error.code, message: error.message }),
    sqliteVersion: () => new Database(':memory:').prepare('SELECT sqlite_version()').pluck().get(),
  };
}
