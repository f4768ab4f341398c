// What a host writes in TypeScript.
import { Database as BunDatabase } from 'bun:sqlite';
import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import {
  auditFacilitatorMarkers,
  backfillFacilitatorMarkers,
  ensureFacilitatorMarker,
  getLoadablePath,
  load,
  repairFacilitatorMarkers,
  type Connection,
  type Enrollment,
  type Report,
} from 'facilitator-markers';

export async function start(path: string): Promise<Report> {
  const db = new Database(path);
  load(db);
  const outcome: Enrollment = ensureFacilitatorMarker(db, 'Ada');
  if (outcome === 'unknown_user') throw new Error(getLoadablePath());
  for await (const { name, counted } of auditFacilitatorMarkers(db, { cost: true })) {
    const cost: bigint | null | undefined = counted;
    console.log(name, cost);
  }
  await repairFacilitatorMarkers(db, { undoLog: 'undo.jsonl', onChange: ({ undo }) => console.log(undo) });
  // @ts-expect-error There is no such outcome.
  if (outcome === 'enrolled') return Promise.reject();
  return backfillFacilitatorMarkers(db, { ownersPerStep: 10, onProgress: ({ remaining }) => console.log(remaining) });
}

export function open(driver: 'node' | 'bun', path: string): Connection {
  const db = driver === 'node' ? new DatabaseSync(path, { allowExtension: true }) : new BunDatabase(path);
  load(db);
  return db;
}
