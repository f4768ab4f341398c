// Drivers that prepare statements: @tursodatabase/database; better-sqlite3, node:sqlite and bun:sqlite, where no extension can
// be loaded.

import { writes } from '../client.js';

/** @import { Client } from '../client.js' */

/**
 * @typedef {object} Driver
 * @property {(sql: string) => Prepared | Promise<Prepared>} prepare
 */

/**
 * @typedef {object} Prepared
 * @property {(...values: any[]) => unknown} all
 * @property {(...values: any[]) => unknown} run
 */

/**
 * @param {Driver} db
 * @returns {Client}
 */
export function prepared(db) {
  return {
    async execute(sql, args) {
      const statement = await db.prepare(sql);
      if (!writes(sql)) return { rows: /** @type {unknown[]} */ (await statement.all(...args)), rowsAffected: 0 };
      const { changes } = /** @type {{ changes: number | bigint }} */ (await statement.run(...args));
      return { rows: [], rowsAffected: Number(changes) };
    },
  };
}
