/** How much there is to deliver, how late it is, and which destinations are given a rest. @module */
import type { EndpointId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';

export interface Backlog {
  /** Exact up to `MAX_COUNTED`; beyond it as PostgreSQL estimates, and never less. */
  readonly pendingEvents: number;
  readonly pendingLeaves: number;
  /** Since the leaf that waits first was settled. */
  readonly oldestLeafSeconds: number;
  /** Of what waits for a claim. */
  readonly oldestDueSeconds: number;
}

// Counting goes over rows: it is asked every few seconds, so it must end also where millions wait.
const MAX_COUNTED = 100000;

// The oldest due is asked by lane: each has its index.
const MEASURE = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM delivery_queue LIMIT ${MAX_COUNTED}) AS q) AS events,
         (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'delivery_queue'::regclass) AS events_estimate,
         (SELECT count(*) FROM (SELECT 1 FROM pending_leaves LIMIT ${MAX_COUNTED}) AS l) AS leaves,
         (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'pending_leaves'::regclass) AS leaves_estimate,
         (SELECT leaf_data FROM pending_leaves ORDER BY id LIMIT 1) AS oldest_leaf,
         extract(epoch FROM now())::float8 AS now_seconds,
         coalesce(extract(epoch FROM now() - least(
           (SELECT min(run_at) FROM delivery_queue
             WHERE attempts = 0 AND run_at <= now() AND inflight_attempt_id IS NULL),
           (SELECT min(run_at) FROM delivery_queue
             WHERE attempts > 0 AND run_at <= now() AND inflight_attempt_id IS NULL))), 0)::float8 AS oldest_due`;

export async function measureBacklogAcrossTenants(db: Db): Promise<Backlog> {
  const { rows } = await db.query<{
    events: string;
    events_estimate: string;
    leaves: string;
    leaves_estimate: string;
    oldest_leaf: string | null;
    now_seconds: number;
    oldest_due: number;
  }>(MEASURE);
  const row = rows[0];
  if (row === undefined) throw new Error('an aggregate answered no row');
  return {
    pendingEvents: countOf(row.events, row.events_estimate),
    pendingLeaves: countOf(row.leaves, row.leaves_estimate),
    oldestLeafSeconds: Math.max(
      0,
      row.now_seconds - (settledSeconds(row.oldest_leaf) ?? row.now_seconds),
    ),
    oldestDueSeconds: row.oldest_due,
  };
}

/** When the leaf of this text was settled, Unix seconds; null for no leaf, and for what is none any more. */
function settledSeconds(leafData: string | null): number | null {
  if (leafData === null) return null;
  try {
    const leaf: Record<string, unknown> = JSON.parse(leafData);
    // A lease that ran out completed nothing; a key statement is no delivery.
    const at = leaf.completed_at ?? leaf.attempted_at ?? leaf.valid_from;
    const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    return Number.isNaN(ms) ? null : ms / 1_000;
  } catch (error) {
    // Somebody changed it: the sequencer halts the log and says so, a gauge need not.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const LIST_CIRCUITS = `
  SELECT endpoint_id, state
    FROM endpoint_circuits
   WHERE state <> 'closed'
   ORDER BY endpoint_id
   LIMIT $1`;

/** The circuits that are not closed, up to `limit`: what one server did to them, all servers show. */
export async function listCircuitsAcrossTenants(
  db: Db,
  limit: number,
): Promise<{ readonly endpointId: EndpointId; readonly state: 'open' | 'half_open' }[]> {
  const { rows } = await db.query<{ endpoint_id: EndpointId; state: 'open' | 'half_open' }>(
    LIST_CIRCUITS,
    [limit],
  );
  return rows.map((row) => ({ endpointId: row.endpoint_id, state: row.state }));
}

function countOf(counted: string, estimate: string): number {
  const exact = integerFromRow(counted);
  return exact < MAX_COUNTED ? exact : Math.max(exact, integerFromRow(estimate));
}
