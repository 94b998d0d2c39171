/** STORY: all events that a filter fits are delivered once more, once for each idempotency key; or only counted. @module */
import { createHash } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import type { TenantId } from '../base/ids.ts';
import { type Db, inTransaction, type TransactionSource } from '../db/transaction.ts';
import {
  countReplayable,
  keepReplayAnswer,
  type ReplayFilter,
  replayAll,
  takeReplayKey,
} from './replay-many-store.ts';

export interface ReplayWish {
  readonly filter: ReplayFilter;
  /** The most that is queued. */
  readonly limit: number;
  /** A repeated request with the same key gets the first one's answer, and queues nothing more. */
  readonly idempotencyKey: string | null;
}

export interface ReplayedMany {
  /** How many fit the filter and can be delivered again, counted up to one more than `mostCounted`. */
  readonly matched: number;
  readonly queued: number;
  readonly held: number;
}

/** Changes nothing. */
export async function countMatching(
  db: Db,
  tenantId: TenantId,
  filter: ReplayFilter,
  mostCounted: number,
): Promise<ReplayedMany> {
  const matched = await countReplayable(db, tenantId, filter, mostCounted + 1);
  return { matched, queued: 0, held: 0 };
}

/** All in one transaction: a crash leaves either all of it with the key, or nothing. Failure `idempotency_mismatch`. */
export function replayMatching(
  pool: TransactionSource,
  tenantId: TenantId,
  wish: ReplayWish,
  mostCounted: number,
): Promise<ReplayedMany> {
  const { filter, limit, idempotencyKey } = wish;
  const replay = async (db: Db): Promise<ReplayedMany> => {
    const matched = await countReplayable(db, tenantId, filter, mostCounted + 1);
    return { matched, ...(await replayAll(db, tenantId, filter, limit)) };
  };
  return inTransaction(pool, async (db) => {
    if (idempotencyKey === null) return replay(db);
    const digest = createHash('sha256')
      .update(JSON.stringify([filter, limit]))
      .digest();
    const before = await takeReplayKey(db, tenantId, idempotencyKey, digest);
    if (before === null) {
      const replayed = await replay(db);
      await keepReplayAnswer(db, tenantId, idempotencyKey, replayed);
      return replayed;
    }
    if (before.requestSha256.equals(digest)) return before.answer as ReplayedMany;
    throw new Failure('idempotency_mismatch', 'The key was used before, for another replay');
  });
}
