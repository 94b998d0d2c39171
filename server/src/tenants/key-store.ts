/** The API keys of a tenant in the database, as their tenant may see them: never what they are checked by. @module */
import type { ApiKeyId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { Scope } from './api-key.ts';

export interface KeptApiKey {
  readonly id: ApiKeyId;
  readonly name: string;
  /** The first characters of the secret, to tell keys apart by. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

interface KeyRow {
  id: ApiKeyId;
  name: string;
  prefix: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const KEY_COLUMNS =
  'id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_keys';

const FIND_KEY = `
  SELECT ${KEY_COLUMNS}
   WHERE tenant_id = $1 AND id = $2`;

export async function findApiKey(
  db: Db,
  tenantId: TenantId,
  id: ApiKeyId,
): Promise<KeptApiKey | null> {
  const { rows } = await db.query<KeyRow>(FIND_KEY, [tenantId, id]);
  return rows[0] === undefined ? null : keyFromRow(rows[0]);
}

const LIST_KEYS = `
  SELECT ${KEY_COLUMNS}
   WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
   ORDER BY id DESC
   LIMIT $3`;

/** One page, newest first, those that are over among them; `before` is the last id of the page before. */
export async function listApiKeys(
  db: Db,
  tenantId: TenantId,
  before: ApiKeyId | null,
  limit: number,
): Promise<KeptApiKey[]> {
  const { rows } = await db.query<KeyRow>(LIST_KEYS, [tenantId, before, limit]);
  return rows.map(keyFromRow);
}

// Under this lock a tenant's keys are counted: two new keys take turns.
const LOCK_TENANT = `
  SELECT pg_advisory_xact_lock(hashtextextended('kapsel api keys ' || id, 0)) FROM tenants WHERE id = $1`;

const COUNT_GOOD_KEYS = `
  SELECT count(*)::int AS count
    FROM api_keys
   WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;

/** How many of a tenant's keys are good; null when there is no such tenant. Call inside the transaction that adds one. */
export async function countGoodKeys(db: Db, tenantId: TenantId): Promise<number | null> {
  const { rowCount } = await db.query(LOCK_TENANT, [tenantId]);
  if (rowCount === 0) return null;
  const { rows } = await db.query<{ count: number }>(COUNT_GOOD_KEYS, [tenantId]);
  return rows[0]?.count ?? 0;
}

const REVOKE_KEY = `
  UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = $1 AND id = $2`;

/** False when the tenant has no such key; one that is revoked stays so. */
export async function revokeApiKey(db: Db, tenantId: TenantId, id: ApiKeyId): Promise<boolean> {
  const { rowCount } = await db.query(REVOKE_KEY, [tenantId, id]);
  return rowCount === 1;
}

// SKIP LOCKED: of many requests at once one writes, and none waits.
const NOTE_USE = `
  UPDATE api_keys
     SET last_used_at = now()
   WHERE tenant_id = $1
     AND id IN (SELECT id
                  FROM api_keys
                 WHERE tenant_id = $1 AND id = $2
                   AND coalesce(last_used_at < now() - interval '1 minute', true)
                   FOR NO KEY UPDATE SKIP LOCKED)`;

export async function noteKeyUse(db: Db, tenantId: TenantId, id: ApiKeyId): Promise<void> {
  await db.query(NOTE_USE, [tenantId, id]);
}

function keyFromRow(row: KeyRow): KeptApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at?.getTime() ?? null,
    lastUsedAtMs: row.last_used_at?.getTime() ?? null,
    revokedAtMs: row.revoked_at?.getTime() ?? null,
  };
}
