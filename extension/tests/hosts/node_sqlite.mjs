// node:sqlite in a current Node: the scenario.

import { nodeSqlite } from './node_sqlite_host.mjs';
import { defaultWait, report, run } from './scenario.mjs';

await run(nodeSqlite);
report(`Node ${process.versions.node} node:sqlite`, process.versions.sqlite, await defaultWait(nodeSqlite));
