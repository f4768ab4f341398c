// One file for each kind of module, and its types.

import { dts } from 'rollup-plugin-dts';

const external = /^node:/;

/** CommonJS has no import.meta: see src/loadable_path.js. */
const noImportMeta = {
  name: 'no import.meta in CommonJS',
  /**
   * @param {string | null} property
   * @param {{ format: string }} module
   */
  resolveImportMeta: (property, { format }) => (format === 'cjs' && property === 'url' ? 'undefined' : null),
};

export default [
  {
    input: 'src/index.js',
    external,
    plugins: [noImportMeta],
    output: [
      { file: 'dist/index.js', format: 'es' },
      { file: 'dist/index.cjs', format: 'cjs' },
    ],
  },
  {
    input: 'index.d.ts',
    external,
    plugins: [dts()],
    output: [{ file: 'dist/index.d.ts' }, { file: 'dist/index.d.cts' }],
  },
];
