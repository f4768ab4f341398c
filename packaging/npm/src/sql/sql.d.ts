// What rollup.config.js makes of a file of the repository's folder sql/.
declare module '*.sql' {
  const text: string;
  export default text;
}
