// rqlite, over its HTTP API. Each node passes on to the leader what only that may answer.

import { writes } from '../client.js';

/** @import { Client } from '../client.js' */

const TIMEOUT_MS = 30_000;

/**
 * @typedef {object} RqliteOptions
 * @property {Record<string, string>} [headers] such as `authorization`
 * @property {'strong' | 'linearizable' | 'weak'} [level] how certain a read is that the leader still is one: strong
 * @property {number} [timeout] how long to wait for a node's answer, in milliseconds: 30,000
 * @property {Fetch} [fetch] instead of the global one
 */

/** @typedef {{ method: string, headers: Record<string, string>, body: string, signal: AbortSignal }} Request */
/** @typedef {(url: string, request: Request) => Promise<{ ok: boolean, status: number, text: () => Promise<string> }>} Fetch */

/**
 * Each statement goes to the node that answered the last one, and where that fails to the next. So it can run twice, which is
 * harmless to those of this package.
 *
 * @param {string | string[]} urls of the nodes, such as `http://10.0.0.1:4001`
 * @param {RqliteOptions} [options]
 * @returns {Client}
 */
export function rqlite(urls, { headers = {}, level = 'strong', timeout = TIMEOUT_MS, fetch = globalThis.fetch } = {}) {
  const nodes = [urls].flat().map((url) => url.replace(/\/+$/, ''));
  let node = 0;

  /** @param {string} url @param {string} body */
  async function answerOf(url, body) {
    const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeout) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text.trim()}`);
    return JSON.parse(text);
  }

  /** @param {string} path @param {string} body */
  async function firstAnswer(path, body) {
    for (let tries = 1; ; tries++) {
      try {
        return await answerOf(`${nodes[node]}${path}`, body);
      } catch (error) {
        node = (node + 1) % nodes.length;
        if (tries >= nodes.length) throw error;
      }
    }
  }

  return {
    async execute(sql, args) {
      const path = writes(sql) ? '/db/execute' : `/db/query?associative&level=${level}`;
      const { results } = await firstAnswer(path, JSON.stringify([[sql, ...args]]));
      const [{ error, rows = [], rows_affected: rowsAffected = 0 }] = results;
      if (error !== undefined) throw new Error(error);
      return { rows, rowsAffected };
    },
  };
}
