// For each entry one file for each kind of module, and its types.

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

/** The statements are those of the repository's folder sql/. */
const statements = {
  name: 'statements',
  /**
   * @param {string} text
   * @param {string} path
   */
  transform: (text, path) => (path.endsWith('.sql') ? `export default ${JSON.stringify(text)};` : null),
};

export default [
  ['src/index.js', 'index'],
  ['src/sql/index.js', 'sql'],
].flatMap(([input, name]) => [
  {
    input,
    external,
    plugins: [noImportMeta, statements],
    output: [
      { file: `dist/${name}.js`, format: 'es' },
      { file: `dist/${name}.cjs`, format: 'cjs' },
    ],
  },
  {
    input: `${name}.d.ts`,
    external,
    plugins: [dts()],
    output: [{ file: `dist/${name}.d.ts` }, { file: `dist/${name}.d.cts` }],
  },
]);
