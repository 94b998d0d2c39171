/** Which event an idempotency key has made, and the end of keys that are old. @module */
import type { EndpointId, EventId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

export interface KeyPlace {
  readonly endpointId: EndpointId;
  readonly key: string;
}

export interface KnownKey extends KeyPlace {
  readonly eventId: EventId;
  readonly bodySha256: Uint8Array;
}

const FIND_KEYS = `
  SELECT k.endpoint_id, k.key, k.event_id, k.body_sha256
    FROM unnest($1::uuid[], $2::text[]) AS wanted (endpoint_id, key)
    JOIN idempotency_keys k ON k.endpoint_id = wanted.endpoint_id AND k.key = wanted.key`;

/** Those of the keys that are known. */
export async function findKeysAcrossTenants(
  db: Db,
  places: readonly KeyPlace[],
): Promise<KnownKey[]> {
  const { rows } = await db.query<{
    endpoint_id: EndpointId;
    key: string;
    event_id: EventId;
    body_sha256: Buffer;
  }>(FIND_KEYS, [places.map(({ endpointId }) => endpointId), places.map(({ key }) => key)]);
  return rows.map((row) => ({
    endpointId: row.endpoint_id,
    key: row.key,
    eventId: row.event_id,
    bodySha256: row.body_sha256,
  }));
}

// SKIP LOCKED: two servers sweep side by side, and neither waits for a row that is just being used.
const SWEEP_KEYS = `
  WITH old AS (
    SELECT endpoint_id, key FROM idempotency_keys
     WHERE created_at < now() - make_interval(secs => $1)
     ORDER BY created_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
  )
  DELETE FROM idempotency_keys k USING old
   WHERE k.endpoint_id = old.endpoint_id AND k.key = old.key`;

/** Forgets at most `limit` keys older than `ageS` seconds by the database's clock; answers how many. */
export async function sweepKeysAcrossTenants(db: Db, ageS: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(SWEEP_KEYS, [ageS, limit]);
  return rowCount ?? 0;
}
