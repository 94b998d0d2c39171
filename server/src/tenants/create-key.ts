/** STORY: a tenant gets one more API key, whose secret is answered here and kept nowhere. @module */
import { Failure, notFound } from '../base/failure.ts';
import { newId, type TenantId } from '../base/ids.ts';
import { inTransaction, type TransactionSource } from '../db/transaction.ts';
import { makeApiKey, type Scope } from './api-key.ts';
import { countGoodKeys, findApiKey, type KeptApiKey } from './key-store.ts';
import { insertApiKey } from './store.ts';

/** Keys that are neither revoked nor expired. */
export const MAX_KEYS = 1_000;

export interface KeyWish {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAtMs: number | null;
}

export interface CreatedKey {
  readonly key: KeptApiKey;
  /** Show it once, store it nowhere. */
  readonly secret: string;
}

/** Failure `not_found` for a tenant that is not there, `unprocessable` for one that has `MAX_KEYS`. */
export async function createKey(
  pool: TransactionSource,
  tenantId: TenantId,
  wish: KeyWish,
  nowMs: number,
): Promise<CreatedKey> {
  const id = newId<'api_key'>(nowMs);
  const { secret, prefix, hash } = makeApiKey();
  const key = await inTransaction(pool, async (db) => {
    const count = await countGoodKeys(db, tenantId);
    if (count === null) throw notFound();
    if (count >= MAX_KEYS) {
      throw new Failure('unprocessable', `The tenant has ${MAX_KEYS} keys: revoke some first`);
    }
    await insertApiKey(db, tenantId, id, { secret, prefix, hash }, wish.scopes, wish);
    return findApiKey(db, tenantId, id);
  });
  if (key === null) throw new Error('a key that was just made is not there');
  return { key, secret };
}
