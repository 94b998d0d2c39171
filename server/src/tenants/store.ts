/** Tenants and API keys in the database. @module */
import { timeFromMs } from '../base/clock.ts';
import type { ApiKeyId, TenantId } from '../base/ids.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';
import type { NewApiKey, Scope } from './api-key.ts';
import { UNLIMITED_TIER } from './tier.ts';

/** Who is calling, and what the key allows. */
export interface Caller {
  readonly tenantId: TenantId;
  readonly scopes: readonly Scope[];
}

export interface FoundCaller extends Caller {
  readonly keyId: ApiKeyId;
  /** That the key is used was last written down more than a minute ago. */
  readonly isUseStale: boolean;
}

// Found by the hash itself: equality of 32 uniformly random bytes in an index leaks nothing useful by time.
const FIND_CALLER = `
  SELECT tenant_id, scopes, id, coalesce(last_used_at < now() - interval '1 minute', true) AS is_use_stale
    FROM api_keys
   WHERE key_hash = $1
     AND revoked_at IS NULL
     AND (expires_at IS NULL OR expires_at > now())`;

/** The caller behind a key's hash, or null for an unknown, revoked or expired key. */
export async function findCallerByKeyHash(db: Db, keyHash: Buffer): Promise<FoundCaller | null> {
  const { rows } = await db.query<{
    tenant_id: TenantId;
    scopes: Scope[];
    id: ApiKeyId;
    is_use_stale: boolean;
  }>(prepared(FIND_CALLER, [keyHash]));
  const row = rows[0];
  if (row === undefined) return null;
  const { tenant_id: tenantId, scopes, id: keyId, is_use_stale: isUseStale } = row;
  return { tenantId, scopes, keyId, isUseStale };
}

const HAS_TENANTS = 'SELECT EXISTS (SELECT 1 FROM tenants) AS found';

export async function hasTenants(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(HAS_TENANTS);
  return rows[0]?.found === true;
}

const INSERT_TENANT = 'INSERT INTO tenants (id, name, tier) VALUES ($1, $2, $3)';

/** `tier` is a name that settings give meaning to. */
export async function insertTenant(
  db: Db,
  id: TenantId,
  name: string,
  tier: string = UNLIMITED_TIER,
): Promise<void> {
  await db.query(INSERT_TENANT, [id, name, tier]);
}

const FIND_TIER = 'SELECT tier, rate_limits FROM tenants WHERE id = $1';

/** What a tenant may ask for, as its row says it, or null for no such tenant. */
export async function findTier(
  db: Db,
  id: TenantId,
): Promise<{ readonly tier: string; readonly override: unknown } | null> {
  const { rows } = await db.query<{ tier: string; rate_limits: unknown }>(
    prepared(FIND_TIER, [id]),
  );
  const row = rows[0];
  return row === undefined ? null : { tier: row.tier, override: row.rate_limits };
}

const INSERT_API_KEY = `
  INSERT INTO api_keys (id, tenant_id, prefix, key_hash, scopes, name, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

export async function insertApiKey(
  db: Db,
  tenantId: TenantId,
  id: ApiKeyId,
  key: NewApiKey,
  scopes: readonly Scope[],
  { name = '', expiresAtMs = null }: { name?: string; expiresAtMs?: number | null } = {},
): Promise<void> {
  const expiresAt = expiresAtMs === null ? null : timeFromMs(expiresAtMs);
  await db.query(INSERT_API_KEY, [id, tenantId, key.prefix, key.hash, scopes, name, expiresAt]);
}
