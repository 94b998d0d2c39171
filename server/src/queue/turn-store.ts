/** Whose turn it is: which endpoints have due deliveries that may go, asked in the order of their ids. @module */
import type { EndpointId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import { MAY_GO } from './claim-store.ts';
import type { Lane, Room } from './shares.ts';

export interface Turn {
  readonly endpoints: readonly EndpointId[];
  /** Where the next turn begins, or null when this one came to the end. */
  readonly next: EndpointId | null;
}

// From one endpoint that has rows to the next, by one step in the index each.
const LIST_WAITING = `
  WITH RECURSIVE endpoint_room AS MATERIALIZED (
    SELECT id, 0 AS room FROM unnest($4::uuid[]) AS id
  ), tenant_room AS MATERIALIZED (
    SELECT id, 0 AS room FROM unnest($5::uuid[]) AS id
  ), turn AS (
    SELECT (SELECT endpoint_id FROM delivery_queue WHERE endpoint_id > $1 ORDER BY endpoint_id LIMIT 1) AS endpoint_id, 1 AS step
    UNION ALL
    SELECT (SELECT q.endpoint_id FROM delivery_queue q WHERE q.endpoint_id > t.endpoint_id ORDER BY q.endpoint_id LIMIT 1), t.step + 1
      FROM turn t
     WHERE t.endpoint_id IS NOT NULL AND t.step < $2
  ), w AS (
    SELECT t.endpoint_id, t.step, e.tenant_id FROM turn t JOIN endpoints e ON e.id = t.endpoint_id
  )
  SELECT w.endpoint_id,
         ${MAY_GO}
         AND (NOT $6 OR w.endpoint_id = ANY($7::uuid[]))
         AND EXISTS (SELECT 1 FROM delivery_queue q
                      WHERE q.endpoint_id = w.endpoint_id AND q.run_at <= now() AND q.inflight_attempt_id IS NULL
                        AND (q.attempts > 0) = $3) AS is_due
    FROM w
   ORDER BY w.step`;

/** Which of the next `steps` endpoints after `after` have due deliveries of a lane, and may hold more. */
export async function listWaitingAcrossTenants(
  db: Db,
  lane: Lane,
  room: Room,
  after: EndpointId | null,
  steps: number,
): Promise<Turn> {
  const endpoints = [...room.endpoints];
  const { rows } = await db.query<{ endpoint_id: EndpointId; is_due: boolean }>(LIST_WAITING, [
    after ?? '00000000-0000-0000-0000-000000000000',
    steps,
    lane === 'again',
    endpoints.filter(([, { left }]) => left <= 0).map(([id]) => id),
    [...room.tenants].filter(([, left]) => left <= 0).map(([id]) => id),
    room.unproven <= 0,
    endpoints.filter(([, { isProven }]) => isProven).map(([id]) => id),
  ]);
  return {
    endpoints: rows.filter((row) => row.is_due).map((row) => row.endpoint_id),
    next: rows.length < steps ? null : (rows.at(-1)?.endpoint_id ?? null),
  };
}
