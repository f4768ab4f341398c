// An empty project, in which the packed files are installed, offline. EXTENSION is the path of this platform's extension.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PACKAGE = import.meta.dirname;
export const ROOT = join(PACKAGE, '..', '..');
export const SCHEMA = join(ROOT, 'tests', 'host', 'schema.sql');
export const PLATFORM = 'linux-x64-gnu';
export const EXTENSION = process.env.EXTENSION ?? join(ROOT, 'extension', 'target', 'release', 'facilitator_markers.so');

/** The programs of extension/tests/hosts, which `npm ci` has installed there: `node`, the newest, `bun` and `deno`. */
export const NEWEST = join(ROOT, 'extension', 'tests', 'hosts', 'node_modules');
/** @param {string} name */
export const newest = (name) => join(NEWEST, '.bin', name);

/** The packages of examples/node, which has better-sqlite3 for the machine's Node; and which of them that one needs. */
export const EXAMPLE = join(ROOT, 'examples', 'node', 'node_modules');
export const BETTER_SQLITE3 = ['better-sqlite3', 'bindings', 'file-uri-to-path'];

/** The packages of hosts/. */
export const HOST_PACKAGES = join(PACKAGE, 'hosts', 'node_modules');

/** Whether a test runs, which needs these files: in CI none may be missing. @param {string[]} paths */
export function skip(...paths) {
  const missing = paths.filter((path) => !existsSync(path));
  return missing.length > 0 && process.env.CI === undefined && `there is no ${missing.join(', ')}`;
}

export const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8');

/** The code below a heading of the README. @param {string} title */
export function snippet(title) {
  const [, section] = README.split(new RegExp(`^#+ ${title}$`, 'm'));
  const code = /^```js\n(.*?)^```$/ms.exec(section?.split(/^#+ /m)[0] ?? '')?.[1];
  if (code === undefined) throw new Error(`the README has no code for ${title}`);
  return code;
}

/** @typedef {ReturnType<typeof emptyProject>} Project */

/** @param {string} [platform] @param {string} [extension] @param {string[]} [options] to npm */
export function emptyProject(platform = PLATFORM, extension = EXTENSION, options = []) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'facilitator-markers-')));
  const packed = join(path, 'packed');
  execFileSync('node', [join(PACKAGE, 'pack.js'), packed, `${platform}=${extension}`], { stdio: 'ignore' });
  writeFileSync(join(path, 'package.json'), '{ "name": "host", "private": true, "type": "module" }');

  /**
   * What a program prints; throws where it fails, with all of that in the message.
   *
   * @param {string} program
   * @param {string[]} options
   * @param {Record<string, string>} [environment]
   * @param {string} [cwd]
   */
  function run(program, options, environment = {}, cwd = path) {
    const env = { ...process.env, FACILITATOR_MARKERS_EXTENSION: '', ...environment };
    return execFileSync(program, options, { cwd, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  const files = readdirSync(packed).map((name) => join(packed, name));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', ...options, ...files]);
  return {
    path,
    packed: files,
    run,
    /** Copies the files of hosts/. */
    addHosts() {
      for (const name of readdirSync(join(PACKAGE, 'hosts')).filter((name) => /\.(js|cjs|ts)$/.test(name))) {
        cpSync(join(PACKAGE, 'hosts', name), join(path, name));
      }
    },
    /** Copies packages that are installed elsewhere. @param {string} from @param {string[]} names */
    addPackages(from, names) {
      for (const name of names) cpSync(join(from, name), join(path, 'node_modules', name), { recursive: true });
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}
