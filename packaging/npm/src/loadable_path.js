// Which file is the extension on this platform.

import { createRequire } from 'node:module';
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
  if (env.FACILITATOR_MARKERS_EXTENSION) return env.FACILITATOR_MARKERS_EXTENSION;
  const target = [platform, arch, ...(platform === 'linux' ? [isMusl() ? 'musl' : 'gnu'] : [])].join('-');
  const file = `facilitator-markers-${target}/${LIBRARIES[platform] ?? 'facilitator_markers.so'}`;
  let path;
  try {
    path = createRequire(import.meta.url).resolve(file);
  } catch (cause) {
    throw new Error(
      `${file} isn't installed. Install facilitator-markers on the platform that runs it, with optional dependencies, and leave it ` +
        'out of a bundle. Where there is no package for the platform, or no node_modules, build the extension, and set ' +
        'FACILITATOR_MARKERS_EXTENSION to its path',
      { cause },
    );
  }
  // Electron can't load a library out of its archive, and puts it beside.
  return path.replace(/([\\/]app)\.asar([\\/])/, '$1.asar.unpacked$2');
}

function isMusl() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (report.getReport());
  return header.glibcVersionRuntime === undefined;
}
