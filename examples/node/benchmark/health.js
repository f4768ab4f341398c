// How long a health check waits at most while the server backfills: `node benchmark/health.js [USERS] [OWNERS]`.

import { createHost } from '../sample/host.js';
import { startServer } from '../sample/running_server.js';

const TARGET_MS = 50;
const [users = 100_000, owners = 20_000] = process.argv.slice(2).map(Number);

const host = createHost({ users, owners });
const server = await startServer(host.path);
await server.ask('/health');
const began = performance.now();
const waits = [];
let state;
do {
  const asked = performance.now();
  ({ state } = (await server.ask('/health')).body.backfill);
  waits.push(performance.now() - asked);
} while (state === 'running');
const seconds = (performance.now() - began) / 1_000;
await server.stop();
host.remove();

waits.sort((one, other) => one - other);
const slowest = Number(waits.at(-1));
console.log(
  `/health during a backfill of ${owners} owners among ${users} users (${seconds.toFixed(1)} s, ${state}): ` +
    `${waits.length} answers, half within ${waits[waits.length >> 1].toFixed(1)} ms, ` +
    `the slowest after ${slowest.toFixed(1)} ms (target: ${TARGET_MS} ms)`,
);
process.exitCode = state === 'finished' ? 0 : 1;
