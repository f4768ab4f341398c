// The types of src/index.js, and those that its functions take and give.

export { getLoadablePath } from './types/loadable_path.js';
export { load } from './types/load.js';
export {
  createFacilitatorMarker,
  ensureFacilitatorMarker,
  facilitatorMarkersVersion,
  previewFacilitatorMarkers,
} from './types/markers.js';
export { backfillFacilitatorMarkers } from './types/backfill.js';
export { auditFacilitatorMarkers, dueOwners, skippedOwners } from './types/lists.js';
export { repairFacilitatorMarkers } from './types/repair.js';
export type { Connection } from './types/connection.js';
export type { Created, Enrollment, Report, Preview } from './types/markers.js';
export type { BackfillOptions } from './types/backfill.js';
export type { DueOwner, SkippedOwner, Finding } from './types/lists.js';
export type { Change, RepairOptions, RepairReport } from './types/repair.js';
export type { SqliteFailure } from './types/failure.js';
