// Cloudflare D1, through the binding that a Worker has.

/** @import { Client } from '../client.js' */

/**
 * @typedef {object} Binding
 * @property {(sql: string) => { bind: (...values: any[]) => { all: () => Promise<Answer> } }} prepare
 */

/** @typedef {{ results: unknown[], meta: { changes?: number } & Record<string, unknown> }} Answer */

/**
 * @param {Binding} binding such as `env.DB`
 * @returns {Client}
 */
export function d1(binding) {
  return {
    async execute(sql, args) {
      const { results, meta } = await binding.prepare(sql).bind(...args).all();
      return { rows: results, rowsAffected: meta.changes ?? 0 };
    },
  };
}
