/** The tenant that a command is about, named by its id, and the tiers that it may have. @module */
import type { Config } from '../base/config.ts';
import { isUuid, type TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import { findTenant, type Tenant } from '../tenants/tenant-store.ts';
import { parseTiers } from '../tenants/tier.ts';
import { type Command, type CommandInput, type Option, UsageError } from './command.ts';

export const TENANT_OPTION: Option = {
  value: 'ID',
  help: 'The tenant, by its id: see "kapsel-server tenants list".',
  isRequired: true,
};

/** Throws UsageError for a text that is no id. */
export function readTenantId(input: CommandInput, command: Command): TenantId {
  const id = input.demand('tenant');
  if (!isUuid(id)) throw new UsageError('--tenant wants the id of a tenant', command);
  return id as TenantId;
}

/** Throws UsageError for a tenant that is not there. */
export async function pickTenant(db: Db, id: TenantId, command: Command): Promise<Tenant> {
  const tenant = await findTenant(db, id);
  if (tenant === null) throw new UsageError(`there is no tenant ${id}`, command);
  return tenant;
}

/** Throws UsageError for a tier that the settings do not know. */
export function assertTier(config: Config, tier: string, command: Command): void {
  const { byName } = parseTiers(config.tiers);
  if (byName.has(tier)) return;
  throw new UsageError(`--tier wants one of ${[...byName.keys()].join(', ')}`, command);
}
