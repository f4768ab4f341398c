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
import { MarkersRefused, backfill, d1, ensure, prepared, rqlite, type Client } from 'facilitator-markers/sql';

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

export async function withoutExtension(client: Client, userId: string): Promise<Enrollment> {
  try {
    const { created }: Report = await backfill(client, { ownersPerPage: 1000, signal: AbortSignal.timeout(60_000) });
    console.log(created);
  } catch (error) {
    if (!(error instanceof MarkersRefused)) throw error;
    for (const { user_id, reason } of error.refused) console.log(user_id, reason, error.report.refused);
  }
  return ensure(client, userId, { patience: 1000 });
}

// What @cloudflare/workers-types has of it.
interface D1PreparedStatement {
  bind(...values: unknown[]): D1PreparedStatement;
  all<Row = Record<string, unknown>>(): Promise<{ results: Row[]; success: true; meta: { changes: number; duration: number } }>;
}

export function clients(path: string, binding: { prepare(query: string): D1PreparedStatement }): Client[] {
  const drivers = [new Database(path), new DatabaseSync(path), new BunDatabase(path)];
  return [...drivers.map((driver) => prepared(driver)), d1(binding), rqlite('http://localhost:4001', { fetch })];
}
