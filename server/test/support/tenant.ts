/** Tenants, keys and endpoints, made through the stores. @module */
import { systemClock } from '../../src/base/clock.ts';
import { newId, type TenantId } from '../../src/base/ids.ts';
import type { Pools } from '../../src/db/pools.ts';
import { primaryReads } from '../../src/db/reads.ts';
import { type ForTenant, type ReadForTenant, TenantDb } from '../../src/db/tenant-db.ts';
import type { Db } from '../../src/db/transaction.ts';
import { DEFAULT_DELIVERY_SETTINGS, NEW_STATE } from '../../src/endpoints/delivery-settings.ts';
import type { Endpoint } from '../../src/endpoints/endpoint.ts';
import { DEFAULT_REQUEST_SETTINGS } from '../../src/endpoints/request-settings.ts';
import { insertEndpoint } from '../../src/endpoints/store.ts';
import type { Log } from '../../src/logs/log.ts';
import { insertLog } from '../../src/logs/store.ts';
import { makeApiKey, SCOPES, type Scope } from '../../src/tenants/api-key.ts';
import { type Caller, insertApiKey, insertTenant } from '../../src/tenants/store.ts';

export interface TestTenant extends Caller {
  readonly apiKey: string;
}

export async function makeTenant(db: Db): Promise<TestTenant> {
  const tenantId = newId<'tenant'>(systemClock.nowMs());
  await insertTenant(db, tenantId, 'test');
  return { tenantId, scopes: SCOPES, apiKey: await makeKey(db, tenantId, SCOPES) };
}

/** One more key of a tenant. */
export async function makeKey(
  db: Db,
  tenantId: TenantId,
  scopes: readonly Scope[],
): Promise<string> {
  const key = makeApiKey();
  await insertApiKey(db, tenantId, newId(systemClock.nowMs()), key, scopes);
  return key.secret;
}

export async function makeEndpoint(
  db: Db,
  tenantId: TenantId,
  change: Partial<Endpoint> = {},
): Promise<Endpoint> {
  const nowMs = systemClock.nowMs();
  const endpoint: Endpoint = {
    id: newId<'endpoint'>(nowMs),
    tenantId,
    url: 'https://example.com/webhook',
    description: '',
    maxAttempts: 3,
    signature: null,
    request: DEFAULT_REQUEST_SETTINGS,
    delivery: DEFAULT_DELIVERY_SETTINGS,
    state: NEW_STATE,
    version: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...change,
  };
  await insertEndpoint(db, endpoint);
  return endpoint;
}

/** From now on the tenant's leaves go into a log of its own. */
export async function giveOwnLog(db: Db, tenantId: TenantId): Promise<Log> {
  const id = newId<'log'>(systemClock.nowMs());
  const log: Log = { id, tenantId, name: `own-${id}`, isPublic: false, origin: `log.test/${id}` };
  await insertLog(db, log);
  return log;
}

/** The same for reads, on a server without replicas. */
export function tenantReadsOf(pools: Pools): ReadForTenant {
  return (tenantId) => primaryReads(tenantsOf(pools)(tenantId));
}

/** What each tenant may see, as `app.ts` hands it out. */
export function tenantsOf({ api }: Pools): ForTenant {
  return (tenantId) => new TenantDb(api, tenantId);
}
