// The README's line, with a registry on this machine that has the package of each platform.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { EXTENSION, PACKAGE, PLATFORM, ROOT } from '../empty_project.js';

const PLATFORMS = JSON.parse(readFileSync(join(ROOT, 'packaging', 'platforms.json'), 'utf8'));
const [LINE] = /^npm install \S*/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
const shell = promisify(execFile);

/** What npm asks a registry for. @param {string} folder of packed files */
function registry(folder) {
  /** @type {Record<string, [manifest: { name: string, version: string }, packed: Buffer]>} */
  const packages = {};
  for (const name of readdirSync(folder)) {
    const packed = join(folder, name);
    const manifest = JSON.parse(execFileSync('tar', ['-xzOf', packed, 'package/package.json'], { encoding: 'utf8' }));
    packages[manifest.name] = [manifest, readFileSync(packed)];
  }
  return createServer((request, response) => {
    const [name, isPacked] = (request.url ?? '').slice(1).split('/');
    const found = packages[name];
    if (found === undefined) return response.writeHead(404).end();
    const [manifest, packed] = found;
    if (isPacked) return response.end(packed);
    const integrity = `sha512-${createHash('sha512').update(packed).digest('base64')}`;
    const dist = { tarball: `http://${request.headers.host}/${name}/packed`, integrity };
    const { version } = manifest;
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }));
  });
}

describe('what the README has for npm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  /** @type {import('node:http').Server} */
  let server;
  before(async () => {
    const builds = Object.keys(PLATFORMS).map((name) => {
      const path = join(folder, name);
      if (name !== PLATFORM) writeFileSync(path, name);
      return `${name}=${name === PLATFORM ? EXTENSION : path}`;
    });
    const packed = join(folder, 'packed');
    execFileSync('node', [join(PACKAGE, 'pack.js'), packed, ...builds], { stdio: 'ignore' });
    server = registry(packed);
    await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  for (const [name, platform] of Object.entries(PLATFORMS)) {
    it(`installs the main package and ${name} where that is the platform`, async () => {
      const cwd = mkdtempSync(join(folder, 'project-'));
      writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      const options = ['--no-audit', '--no-fund', `--registry=http://127.0.0.1:${port}/`, `--cache=${join(cwd, 'cache')}`];
      const { file, os, cpu, libc } = platform;
      const other = name === PLATFORM ? [] : [`--os=${os}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])];
      await shell('sh', ['-c', [LINE, ...options, ...other].join(' ')], { cwd });
      const installed = readdirSync(join(cwd, 'node_modules')).filter((entry) => !entry.startsWith('.'));
      assert.deepEqual(installed.sort(), ['facilitator-markers', `facilitator-markers-${name}`]);
      const content = readFileSync(join(cwd, 'node_modules', `facilitator-markers-${name}`, file));
      assert.deepEqual(content, name === PLATFORM ? readFileSync(EXTENSION) : Buffer.from(name));
    });
  }
});
