// The types of src/sql/index.js, and those that its functions take and give.

export { audit, due, report, skipped } from './types/sql/lists.js';
export { backfill } from './types/sql/backfill.js';
export { clock } from './types/sql/clock.js';
export { d1 } from './types/sql/adapters/d1.js';
export { ensure } from './types/sql/ensure.js';
export { prepared } from './types/sql/adapters/prepared.js';
export { MarkersRefused } from './types/sql/refused.js';
export { rqlite } from './types/sql/adapters/rqlite.js';
export { statements } from './types/sql/statements.js';
export type { BackfillOptions } from './types/sql/backfill.js';
export type { Client, Result } from './types/sql/client.js';
export type { Due, Skipped, Wrong } from './types/sql/lists.js';
export type { Enrollment, Report } from './types/markers.js';
export type { Patience } from './types/sql/patience.js';
export type { Progress } from './types/sql/visits.js';
export type { RefusedOwner } from './types/sql/refused.js';
export type { RqliteOptions } from './types/sql/adapters/rqlite.js';
export type { Statements } from './types/sql/statements.js';
