// Which file is the extension on this platform.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { arch, env, platform, report } from 'node:process';

const LIBRARIES = /** @type {Record<string, string>} */ ({
  darwin: 'facilitator_markers.dylib',
  win32: 'facilitator_markers.dll',
});

/**
 * The absolute path of the extension, for hosts that load it themselves. The variable `FACILITATOR_MARKERS_EXTENSION`, if it is
 * set, is the path: for a single executable, and for a platform that has no package.
 *
 * @returns {string}
 * @throws where there is none for this platform; the message says what to do
 */
export function getLoadablePath() {
  // Without a folder, the system would look for it among its own libraries.
  if (env.FACILITATOR_MARKERS_EXTENSION) return resolve(env.FACILITATOR_MARKERS_EXTENSION);
  const target = [platform, arch, ...(platform === 'linux' ? [isMusl() ? 'musl' : 'gnu'] : [])].join('-');
  const file = `facilitator-markers-${target}/${LIBRARIES[platform] ?? 'facilitator_markers.so'}`;
  try {
    // Electron can't load a library out of its archive, and puts it beside.
    return installed(file).replace(/([\\/]app)\.asar([\\/])/, '$1.asar.unpacked$2');
  } catch (cause) {
    throw new Error(
      `${file} isn't installed. Install facilitator-markers on the platform that runs it, with optional dependencies, and keep ` +
        'node_modules beside a bundle. In a single executable, and on a platform that has no package, set ' +
        'FACILITATOR_MARKERS_EXTENSION to the path of an extension that you have built or copied',
      { cause },
    );
  }
}

/** @param {string} file of a package */
function installed(file) {
  // In a bundle, it is the bundle's file; and in a bundle of CommonJS, import.meta is empty.
  const { resolve } = createRequire(import.meta.url ?? __filename);
  try {
    return resolve(file);
  } catch {
    // pnpm has the platform's package where only this one finds it.
    return createRequire(resolve('facilitator-markers/package.json')).resolve(file);
  }
}

/** @typedef {{ excludeNetwork?: boolean, getReport: () => { header: { glibcVersionRuntime?: string } } }} Reporter */

/** @type {boolean | undefined} */
let hasMusl;

function isMusl() {
  return (hasMusl ??= reportsMusl(/** @type {Reporter} */ (/** @type {unknown} */ (report))));
}

/** @param {Reporter} reporter */
function reportsMusl(reporter) {
  const { excludeNetwork } = reporter;
  // Or it would ask the network for the name of everybody who is connected to this process.
  reporter.excludeNetwork = true;
  try {
    return reporter.getReport().header.glibcVersionRuntime === undefined;
  } finally {
    reporter.excludeNetwork = excludeNetwork;
  }
}
