/** STORY: a key finds its caller, and that it is in use is written down, once a minute at most. @module */
import type { Pool } from 'pg';
import { noteKeyUse } from './key-store.ts';
import { type Caller, findCallerByKeyHash } from './store.ts';

/** The caller behind a key's hash, or null for an unknown, revoked or expired key. */
export async function findCaller(pool: Pool, keyHash: Buffer): Promise<Caller | null> {
  const found = await findCallerByKeyHash(pool, keyHash);
  if (found === null) return null;
  const { tenantId, scopes, keyId, isUseStale } = found;
  if (isUseStale) await noteKeyUse(pool, tenantId, keyId);
  return { tenantId, scopes };
}
