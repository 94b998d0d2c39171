/** Which log a tenant's leaves go into: its own, or the shared one; the choice itself is `log_of_tenant` of the schema. @module */
import type { TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { Log } from './log.ts';
import { findLogForTenant } from './store.ts';

/** The log that takes the tenant's leaves now. Throws before the shared log is made, which happens at the first start. */
export async function logForTenant(db: Db, tenantId: TenantId): Promise<Log> {
  const log = await findLogForTenant(db, tenantId);
  if (log === null) throw new Error('there is no shared log yet');
  return log;
}
