/** The first start of an empty database makes one tenant and one API key, which is shown once. @module */
import type { Pool } from 'pg';
import { newId } from '../base/ids.ts';
import { lockSetup } from '../db/setup-lock.ts';
import { inTransaction } from '../db/transaction.ts';
import { makeApiKey, SCOPES } from './api-key.ts';
import { hasTenants, insertApiKey, insertTenant } from './store.ts';

/** The new key's secret, or null when there are tenants already. */
export async function createFirstTenant(pool: Pool, nowMs: number): Promise<string | null> {
  return inTransaction(pool, async (db) => {
    await lockSetup(db);
    if (await hasTenants(db)) return null;
    const tenantId = newId<'tenant'>(nowMs);
    const key = makeApiKey();
    await insertTenant(db, tenantId, 'first');
    await insertApiKey(db, tenantId, newId(nowMs), key, SCOPES);
    return key.secret;
  });
}
