// How node:sqlite opens a connection with the extension.

import { DatabaseSync } from 'node:sqlite';

import { extension } from './scenario.mjs';

/** @type {import('./scenario.mjs').Host} */
export const nodeSqlite = {
  connect(path, copy = extension) {
    const db = new DatabaseSync(path, { allowExtension: true });
    db.loadExtension(copy);
    db.enableLoadExtension(false);
    return {
      run: (sql) => db.prepare(sql).all().map(Object.values),
      script: (sql) => db.exec(sql),
      close: () => db.close(),
    };
  },
  failureOf: (error) => ({ code: error.errcode, message: error.message }),
};
