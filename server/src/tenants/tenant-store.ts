/** Tenants in the database, as their operator sees them. @module */
import type { TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly tier: string;
  /** Overrides single limits of the tier; null for none. */
  readonly rateLimits: Readonly<Record<string, unknown>> | null;
  /** Its own log; null where its leaves go into the shared one. */
  readonly log: { readonly name: string; readonly origin: string } | null;
  readonly createdAtMs: number;
}

interface TenantRow {
  id: TenantId;
  name: string;
  tier: string;
  rate_limits: Record<string, unknown> | null;
  log_name: string | null;
  log_origin: string | null;
  created_at: Date;
}

const TENANT_COLUMNS = `
         t.id, t.name, t.tier, t.rate_limits, t.created_at, l.name AS log_name, l.origin AS log_origin
    FROM tenants t
    LEFT JOIN logs l ON l.tenant_id = t.id`;

const FIND_TENANT = `
  SELECT ${TENANT_COLUMNS}
   WHERE t.id = $1`;

export async function findTenant(db: Db, id: TenantId): Promise<Tenant | null> {
  const { rows } = await db.query<TenantRow>(FIND_TENANT, [id]);
  return rows[0] === undefined ? null : tenantFromRow(rows[0]);
}

const LIST_TENANTS = `
  SELECT ${TENANT_COLUMNS}
   WHERE $1::uuid IS NULL OR t.id < $1
   ORDER BY t.id DESC
   LIMIT $2`;

/** One page of all tenants, newest first; `before` is the last id of the page before. */
export async function listTenants(
  db: Db,
  before: TenantId | null,
  limit: number,
): Promise<Tenant[]> {
  const { rows } = await db.query<TenantRow>(LIST_TENANTS, [before, limit]);
  return rows.map(tenantFromRow);
}

const UPDATE_TENANT = 'UPDATE tenants SET name = $2, tier = $3, rate_limits = $4 WHERE id = $1';

/** False when there is no such tenant. */
export async function updateTenant(
  db: Db,
  id: TenantId,
  { name, tier, rateLimits }: Pick<Tenant, 'name' | 'tier' | 'rateLimits'>,
): Promise<boolean> {
  const limits = rateLimits === null ? null : JSON.stringify(rateLimits);
  const { rowCount } = await db.query(UPDATE_TENANT, [id, name, tier, limits]);
  return rowCount === 1;
}

function tenantFromRow(row: TenantRow): Tenant {
  const { log_name: name, log_origin: origin } = row;
  return {
    id: row.id,
    name: row.name,
    tier: row.tier,
    rateLimits: row.rate_limits,
    log: name === null || origin === null ? null : { name, origin },
    createdAtMs: row.created_at.getTime(),
  };
}
