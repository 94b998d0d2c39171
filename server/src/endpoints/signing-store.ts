/** Signing pairs of endpoints in the database, sealed. @module */
import { timeFromMs } from '../base/clock.ts';
import { type EndpointId, newId, type TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Sealer } from '../base/seal.ts';
import type { Db } from '../db/transaction.ts';
import { encodePair, placeOfPair, publicKeyOf, type SigningPair } from './signing-pair.ts';

export interface NewPair {
  readonly endpointId: EndpointId;
  readonly pair: SigningPair;
  readonly createdAtMs: number;
}

// One pair without an end at a time: whoever comes second makes none.
const INSERT_PAIR = `
  INSERT INTO endpoint_signing_secrets (tenant_id, id, endpoint_id, secrets, public_key, created_at)
  VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT DO NOTHING`;

/** False when the endpoint has a pair that stays; then nothing is written. */
export async function insertPair(
  db: Db,
  tenantId: TenantId,
  sealer: Sealer,
  { endpointId, pair, createdAtMs }: NewPair,
): Promise<boolean> {
  const { rowCount } = await db.query(INSERT_PAIR, [
    tenantId,
    newId<'signing_pair'>(createdAtMs),
    endpointId,
    sealer.seal(encodePair(pair), placeOfPair(endpointId)),
    publicKeyOf(pair),
    timeFromMs(createdAtMs),
  ]);
  return rowCount === 1;
}

// The row is the lock of a rotation: two of them take turns.
const LOCK_ENDPOINT = `
  SELECT id FROM endpoints WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE`;

/** False when the tenant has no such endpoint. Call inside the transaction that changes its secrets. */
export async function lockEndpoint(db: Db, tenantId: TenantId, id: EndpointId): Promise<boolean> {
  const { rows } = await db.query(LOCK_ENDPOINT, [tenantId, id]);
  return rows.length > 0;
}

// A shorter overlap than that of an earlier rotation counts for its pairs too: zero ends all of them.
const END_PAIRS = `
  UPDATE endpoint_signing_secrets
     SET valid_until = least(valid_until, $3)
   WHERE tenant_id = $1 AND endpoint_id = $2`;

const DELETE_ENDED_PAIRS = `
  DELETE FROM endpoint_signing_secrets
   WHERE tenant_id = $1 AND endpoint_id = $2 AND valid_until <= $3`;

const COUNT_PAIRS = `
  SELECT count(*) AS count FROM endpoint_signing_secrets WHERE tenant_id = $1 AND endpoint_id = $2`;

/** Gives every pair of an endpoint its end, and forgets those that are over. Answers how many go on signing. */
export async function endPairs(
  db: Db,
  tenantId: TenantId,
  endpointId: EndpointId,
  untilMs: number,
  nowMs: number,
): Promise<number> {
  await db.query(END_PAIRS, [tenantId, endpointId, timeFromMs(untilMs)]);
  await db.query(DELETE_ENDED_PAIRS, [tenantId, endpointId, timeFromMs(nowMs)]);
  const { rows } = await db.query<{ count: string }>(COUNT_PAIRS, [tenantId, endpointId]);
  return integerFromRow(rows[0]?.count ?? '0');
}

// Endpoints that are older than signing. The order lets a pass go on where it stopped.
const FIND_WITHOUT_PAIR = `
  SELECT e.id, e.tenant_id
    FROM endpoints e
   WHERE e.deleted_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM endpoint_signing_secrets p WHERE p.endpoint_id = e.id)
   ORDER BY e.id
   LIMIT $1`;

export async function findWithoutPairAcrossTenants(
  db: Db,
  limit: number,
): Promise<{ readonly id: EndpointId; readonly tenantId: TenantId }[]> {
  const { rows } = await db.query<{ id: EndpointId; tenant_id: TenantId }>(FIND_WITHOUT_PAIR, [
    limit,
  ]);
  return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id }));
}
