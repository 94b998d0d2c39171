/** Endpoints in the database, always within one tenant. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { EndpointState } from './delivery-settings.ts';
import type { Endpoint } from './endpoint.ts';
import type { SchemeChoice } from './endpoint-signature.ts';
import type { RequestSettings } from './request-settings.ts';
import type { SigningVersion } from './signing-secret.ts';
import type { TlsVersion } from './tls-settings.ts';

interface EndpointRow {
  id: EndpointId;
  tenant_id: TenantId;
  url: string;
  description: string;
  max_attempts: number;
  version: number;
  created_at: Date;
  updated_at: Date;
  max_delay_s: number;
  retry_statuses: number[];
  disable_after_h: number;
  max_per_s: number | null;
  disabled_at: Date | null;
  disabled_reason: EndpointState['disabledReason'];
  failing_since: Date | null;
  circuit: EndpointState['circuit'];
  probe_at: Date | null;
  scheme: SchemeChoice | null;
  secret_count: number | null;
  signature_versions: SigningVersion[];
  min_tls_version: TlsVersion;
  kept_headers: string[];
  header_names: string[] | null;
  client_cert_sha256: Buffer | null;
  client_cert_expires_at: Date | null;
  public_keys: string[] | null;
  pairs_created_at: Date[] | null;
  pairs_valid_until: (Date | null)[] | null;
}

const READ_COLUMNS = `
         e.id, e.tenant_id, e.url, e.description, e.max_attempts, e.version, e.created_at, e.updated_at,
         e.max_delay_s, e.retry_statuses, e.disable_after_h, e.max_per_s, e.disabled_at, e.disabled_reason, e.failing_since,
         coalesce(k.state, 'closed') AS circuit, k.probe_at,
         e.signature_versions, e.min_tls_version, e.kept_headers,
         s.scheme, cardinality(s.secrets) AS secret_count,
         c.header_names, c.client_cert_sha256, c.client_cert_expires_at,
         p.public_keys, p.pairs_created_at, p.pairs_valid_until
    FROM endpoints e
    LEFT JOIN endpoint_signatures s ON s.endpoint_id = e.id AND s.tenant_id = $1
    LEFT JOIN endpoint_circuits k ON k.endpoint_id = e.id AND k.tenant_id = $1
    LEFT JOIN endpoint_credentials c ON c.endpoint_id = e.id AND c.tenant_id = $1
    LEFT JOIN LATERAL (
           SELECT array_agg(public_key ORDER BY valid_until DESC, id DESC) AS public_keys,
                  array_agg(created_at ORDER BY valid_until DESC, id DESC) AS pairs_created_at,
                  array_agg(valid_until ORDER BY valid_until DESC, id DESC) AS pairs_valid_until
             FROM endpoint_signing_secrets
            WHERE endpoint_id = e.id AND tenant_id = $1
         ) p ON true`;

const INSERT_ENDPOINT = `
  INSERT INTO endpoints (id, tenant_id, url, description, max_attempts, created_at, updated_at,
                         signature_versions, min_tls_version, kept_headers,
                         max_delay_s, retry_statuses, disable_after_h, max_per_s)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;

/** The row alone; what is secret of it goes through the other stores, in the same transaction. */
export async function insertEndpoint(db: Db, endpoint: Endpoint): Promise<void> {
  await db.query(INSERT_ENDPOINT, [
    endpoint.id,
    endpoint.tenantId,
    endpoint.url,
    endpoint.description,
    endpoint.maxAttempts,
    timeFromMs(endpoint.createdAtMs),
    timeFromMs(endpoint.updatedAtMs),
    endpoint.request.signatureVersions,
    endpoint.request.minTlsVersion,
    endpoint.request.keptHeaders,
    endpoint.delivery.maxDelayS,
    endpoint.delivery.retryStatuses,
    endpoint.delivery.disableAfterH,
    endpoint.delivery.maxPerS,
  ]);
}

const COUNT_ENDPOINTS = `
  SELECT count(*)::int AS count
    FROM (SELECT 1 FROM endpoints WHERE tenant_id = $1 AND deleted_at IS NULL LIMIT $2) AS counted`;

/** How many a tenant has, counted up to `most`. */
export async function countEndpoints(db: Db, tenantId: TenantId, most: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(COUNT_ENDPOINTS, [tenantId, most]);
  return rows[0]?.count ?? 0;
}

const FIND_ENDPOINT = `
  SELECT ${READ_COLUMNS}
   WHERE e.tenant_id = $1 AND e.id = $2 AND e.deleted_at IS NULL`;

export async function findEndpoint(
  db: Db,
  tenantId: TenantId,
  id: EndpointId,
): Promise<Endpoint | null> {
  const { rows } = await db.query<EndpointRow>(FIND_ENDPOINT, [tenantId, id]);
  return rows[0] === undefined ? null : endpointFromRow(rows[0]);
}

// Newest first: ids are UUIDv7, so their order is the order of creation.
const LIST_ENDPOINTS = `
  SELECT ${READ_COLUMNS}
   WHERE e.tenant_id = $1 AND e.deleted_at IS NULL AND ($2::uuid IS NULL OR e.id < $2)
   ORDER BY e.id DESC
   LIMIT $3`;

/** One page, newest first; `before` is the last id of the page before. */
export async function listEndpoints(
  db: Db,
  tenantId: TenantId,
  before: EndpointId | null,
  limit: number,
): Promise<Endpoint[]> {
  const { rows } = await db.query<EndpointRow>(LIST_ENDPOINTS, [tenantId, before, limit]);
  return rows.map(endpointFromRow);
}

function endpointFromRow(row: EndpointRow): Endpoint {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    url: row.url,
    description: row.description,
    maxAttempts: row.max_attempts,
    version: row.version,
    signature:
      row.scheme === null ? null : { choice: row.scheme, secretCount: row.secret_count ?? 0 },
    request: requestFromRow(row),
    delivery: {
      maxDelayS: row.max_delay_s,
      retryStatuses: row.retry_statuses,
      disableAfterH: row.disable_after_h,
      maxPerS: row.max_per_s,
    },
    state: {
      disabledAtMs: row.disabled_at?.getTime() ?? null,
      disabledReason: row.disabled_reason,
      failingSinceMs: row.failing_since?.getTime() ?? null,
      circuit: row.circuit,
      probeAtMs: row.probe_at?.getTime() ?? null,
    },
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}

function requestFromRow(row: EndpointRow): RequestSettings {
  const { client_cert_sha256: sha256, client_cert_expires_at: expiresAt } = row;
  return {
    signatureVersions: row.signature_versions,
    signingPairs: (row.public_keys ?? []).map((publicKey, i) => ({
      publicKey,
      createdAtMs: row.pairs_created_at?.[i]?.getTime() ?? 0,
      validUntilMs: row.pairs_valid_until?.[i]?.getTime() ?? null,
    })),
    customHeaderNames: row.header_names ?? [],
    minTlsVersion: row.min_tls_version,
    clientCertificate:
      sha256 === null || expiresAt === null ? null : { sha256, expiresAtMs: expiresAt.getTime() },
    keptHeaders: row.kept_headers,
  };
}
