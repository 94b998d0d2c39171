/** STORY: an endpoint gets a new pair of signing secrets, and the older ones sign beside it for a while. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Sealer } from '../base/seal.ts';
import { inTransaction, type TransactionSource } from '../db/transaction.ts';
import { MAX_ACTIVE_PAIRS, type SigningPair } from './signing-pair.ts';
import { endPairs, insertPair, lockEndpoint } from './signing-store.ts';

/** Design limits of the overlap: a day unless asked otherwise, a week at most. */
export const DEFAULT_OVERLAP_S = 86_400;
export const MAX_OVERLAP_S = 604_800;

export interface Rotation {
  readonly tenantId: TenantId;
  readonly endpointId: EndpointId;
  readonly pair: SigningPair;
  /** Zero ends every older pair at once: for a secret that somebody else has seen. */
  readonly overlapS: number;
}

export type Rotated = 'rotated' | 'not_found' | 'too_many';

/** All or nothing. A caller who did not hear the answer may rotate again: the pair before stays active as well. */
export async function rotateSecret(
  { pool, sealer }: { readonly pool: TransactionSource; readonly sealer: Sealer },
  { tenantId, endpointId, pair, overlapS }: Rotation,
  nowMs: number,
): Promise<Rotated> {
  return inTransaction(pool, async (db): Promise<Rotated> => {
    if (!(await lockEndpoint(db, tenantId, endpointId))) return 'not_found';
    const untilMs = nowMs + overlapS * 1_000;
    const stillActive = await endPairs(db, tenantId, endpointId, untilMs, nowMs);
    if (stillActive >= MAX_ACTIVE_PAIRS) throw new TooManyPairs();
    await insertPair(db, tenantId, sealer, { endpointId, pair, createdAtMs: nowMs });
    return 'rotated';
  }).catch((error: unknown): Rotated => {
    if (error instanceof TooManyPairs) return 'too_many';
    throw error;
  });
}

/** Rolls back: the ends that were moved stay as they were. */
class TooManyPairs extends Error {}
