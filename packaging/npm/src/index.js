// Enrollment markers of facilitator owners, written over a SQLite connection that the host owns.

export { getLoadablePath } from './loadable_path.js';
export { load } from './load.js';
export {
  createFacilitatorMarker,
  ensureFacilitatorMarker,
  facilitatorMarkersVersion,
  previewFacilitatorMarkers,
} from './markers.js';
export { backfillFacilitatorMarkers } from './backfill.js';
export { auditFacilitatorMarkers, dueOwners, skippedOwners } from './lists.js';
export { repairFacilitatorMarkers } from './repair.js';
