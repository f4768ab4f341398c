// Nodes of an engine on this machine: each has its folder, and is killed at the end, also where a test fails.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 60_000;

/** @returns {Promise<number>} a port that nobody uses */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** Programs that run in a folder of their own until the end. */
export function nodes() {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  /** @type {import('node:child_process').ChildProcess[]} */
  const running = [];
  return {
    folder,
    /** @param {string} program @param {string[]} options @param {string} name of the log */
    start(program, options, name) {
      const log = openSync(join(folder, `${name}.log`), 'a');
      const child = spawn(program, options, { stdio: ['ignore', log, log] });
      running.push(child);
      return child;
    },
    /** @param {string} name */
    logOf: (name) => readFileSync(join(folder, `${name}.log`), 'utf8'),
    async remove() {
      await Promise.all(running.map(kill));
      rmSync(folder, { recursive: true });
    },
  };
}

/** @param {import('node:child_process').ChildProcess} child */
export async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/**
 * Waits until it holds.
 *
 * @param {string} what
 * @param {() => Promise<unknown>} condition which doesn't hold yet where it fails
 */
export async function until(what, condition) {
  const end = Date.now() + DEADLINE_MS;
  /** @type {unknown} */
  let reason;
  while (Date.now() < end) {
    try {
      if (await condition()) return;
    } catch (error) {
      reason = error;
    }
    await pause(50);
  }
  throw new Error(`not within a minute: ${what}`, { cause: reason });
}
