// The rules as plain SQL, for engines that load no library, through whatever client the host has.

export { audit, due, report, skipped } from './lists.js';
export { backfill } from './backfill.js';
export { clock } from './clock.js';
export { d1 } from './adapters/d1.js';
export { ensure } from './ensure.js';
export { prepared } from './adapters/prepared.js';
export { MarkersRefused } from './refused.js';
export { rqlite } from './adapters/rqlite.js';
export { statements } from './statements.js';
