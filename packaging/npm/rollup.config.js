// One file for each kind of module, and its types.

import { dts } from 'rollup-plugin-dts';

const external = /^node:/;

export default [
  {
    input: 'src/index.js',
    external,
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
