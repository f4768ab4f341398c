// Packs the main package, and one for each platform whose extension is given:
//
//     node pack.js OUT linux-x64-gnu=../../extension/target/release/facilitator_markers.so
//
// OUT gets the packed files, and nothing else. The main package names all platforms: npm installs that of its own.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** @typedef {{ file: string, os: string, cpu: string, libc?: string }} Platform */

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..');
const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT'];
// Of what is compiled into the extension.
const OTHERS_LICENSES = 'THIRD-PARTY-LICENSES.txt';
/** @type {Record<string, Platform>} */
const PLATFORMS = JSON.parse(readFileSync(join(HERE, '..', 'platforms.json'), 'utf8'));

const [out, ...builds] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node pack.js OUT PLATFORM=FILE…');
  process.exit(2);
}
const { scripts, devDependencies, ...main } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
mkdirSync(out, { recursive: true });

/**
 * @param {Record<string, unknown>} manifest
 * @param {[from: string, to: string][]} files
 */
function pack(manifest, files) {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-markers-'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [from, to] of [...files, ...LICENSES.map((name) => [join(ROOT, name), name])]) {
    cpSync(from, join(folder, to), { recursive: true });
  }
  execFileSync('npm', ['pack', '--silent', '--pack-destination', resolve(out)], { cwd: folder, stdio: 'inherit' });
  rmSync(folder, { recursive: true });
}

for (const build of builds) {
  const [name, library] = build.split('=');
  const platform = PLATFORMS[name];
  if (platform === undefined) throw new Error(`${name} is no platform of packaging/platforms.json`);
  const { file, os, cpu, libc } = platform;
  const manifest = {
    name: `${main.name}-${name}`,
    version: main.version,
    description: `The SQLite extension of ${main.name} for ${name}`,
    license: main.license,
    homepage: main.homepage,
    repository: main.repository,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    // It can't be loaded out of an archive.
    preferUnplugged: true,
    files: [file, OTHERS_LICENSES],
  };
  pack(manifest, [[library, file], [join(ROOT, 'extension', OTHERS_LICENSES), OTHERS_LICENSES]]);
}

const optionalDependencies = Object.fromEntries(
  Object.keys(PLATFORMS).map((name) => [`${main.name}-${name}`, main.version]),
);
pack({ ...main, optionalDependencies }, [
  [join(HERE, 'dist'), 'dist'],
  [join(HERE, 'README.md'), 'README.md'],
]);
