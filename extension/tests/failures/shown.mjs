// What a host in JavaScript shows of each failure: node shown.mjs HOST EXTENSION CODE..., where CODE is a number.

import { createRequire } from 'node:module';

const [host, extension, ...codes] = process.argv.slice(2);
const { from, open } = {
  'better-sqlite3': {
    from: '../../../examples/node/package.json',
    open: ({ default: Database }) => new Database(':memory:'),
  },
  'newest better-sqlite3': {
    from: '../hosts/package.json',
    open: ({ default: Database }) => new Database(':memory:'),
  },
  'node:sqlite': { open: ({ DatabaseSync }) => new DatabaseSync(':memory:', { allowExtension: true }) },
  'bun:sqlite': { open: ({ Database }) => new Database(':memory:') },
}[host];
const name = host.replace('newest ', '');
const driver = from ? { default: createRequire(new URL(from, import.meta.url))(name) } : await import(name);
const db = open(driver);
db.loadExtension(extension);
const shown = codes.map((code) => {
  try {
    db.prepare(`SELECT fail_with(${code})`).get();
  } catch (error) {
    return host === 'node:sqlite' ? error.errcode : error.code;
  }
  throw new Error(`fail_with(${code}) didn't fail`);
});
console.log(JSON.stringify(shown));
