// Has the global fetch answer as a node of rqlite does, from host.db.

import Database from 'better-sqlite3';

const db = new Database('host.db');

globalThis.fetch = async (url, { body }) => {
  const [[sql, ...args]] = JSON.parse(body);
  const statement = db.prepare(sql);
  const isQuery = new URL(url).pathname === '/db/query';
  const result = isQuery ? { rows: statement.all(...args) } : { rows_affected: statement.run(...args).changes };
  return Response.json({ results: [result] });
};
