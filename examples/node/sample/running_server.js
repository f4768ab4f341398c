// The server as its own process, asked from outside.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { extension } from './host.js';

const program = fileURLToPath(new URL('../server.js', import.meta.url));

/**
 * Starts the server and waits until it listens.
 *
 * @param {string} path of the database
 */
export async function startServer(path) {
  const server = spawn(process.execPath, [program, path, '0'], {
    env: { ...process.env, FACILITATOR_MARKERS_EXTENSION: extension },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  server.stderr.on('data', (data) => (errors += data));
  const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)));
  const lines = createInterface({ input: server.stdout });
  const first = await Promise.race([new Promise((resolve) => lines.once('line', resolve)), ended]);
  const url = /^listening on (.*)$/.exec(String(first))?.[1];
  if (url === undefined) throw new Error(`the server did not start: ${first}\n${errors}`);
  return {
    /** @param {string} path @param {object} [body] */
    async ask(path, body) {
      const request = body && { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(url + path, request);
      return { status: response.status, body: /** @type {any} */ (await response.json()) };
    },
    errors: () => errors,
    async stop() {
      server.kill();
      return ended;
    },
  };
}
