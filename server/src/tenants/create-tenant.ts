/** STORY: a tenant is made together with its first API key, which is shown once. @module */
import type { Pool } from 'pg';
import { newId, type TenantId } from '../base/ids.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import { makeApiKey, SCOPES } from './api-key.ts';
import { insertApiKey, insertTenant } from './store.ts';
import { type Tenant, updateTenant } from './tenant-store.ts';

/** Tenants that are made by hand or by the API, unless asked otherwise. */
export const DEFAULT_TIER = 'standard';

export type TenantWish = Pick<Tenant, 'name' | 'tier' | 'rateLimits'>;

export interface CreatedTenant {
  readonly tenantId: TenantId;
  /** Of a key with all scopes. Show it once, store it nowhere. */
  readonly secret: string;
}

export function createTenant(pool: Pool, wish: TenantWish, nowMs: number): Promise<CreatedTenant> {
  return inTransaction(pool, (db) => addTenant(db, wish, nowMs));
}

/** The same inside a transaction. */
export async function addTenant(db: Db, wish: TenantWish, nowMs: number): Promise<CreatedTenant> {
  const tenantId = newId<'tenant'>(nowMs);
  const key = makeApiKey();
  await insertTenant(db, tenantId, wish.name, wish.tier);
  if (wish.rateLimits !== null) await updateTenant(db, tenantId, wish);
  await insertApiKey(db, tenantId, newId(nowMs), key, SCOPES, { name: 'first' });
  return { tenantId, secret: key.secret };
}
