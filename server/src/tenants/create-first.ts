/** The first start of an empty database makes one tenant and one API key, which is shown once. @module */
import type { Pool } from 'pg';
import { lockSetup } from '../db/setup-lock.ts';
import { inTransaction } from '../db/transaction.ts';
import { addTenant } from './create-tenant.ts';
import { hasTenants } from './store.ts';
import { UNLIMITED_TIER } from './tier.ts';

/** The new key's secret, or null when there are tenants already. */
export async function createFirstTenant(pool: Pool, nowMs: number): Promise<string | null> {
  return inTransaction(pool, async (db) => {
    await lockSetup(db);
    if (await hasTenants(db)) return null;
    const wish = { name: 'first', tier: UNLIMITED_TIER, rateLimits: null };
    return (await addTenant(db, wish, nowMs)).secret;
  });
}
