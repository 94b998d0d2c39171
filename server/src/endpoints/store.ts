/** Endpoints in the database, always within one tenant. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { Endpoint } from './endpoint.ts';
import type { SchemeChoice } from './endpoint-signature.ts';

interface EndpointRow {
  id: EndpointId;
  tenant_id: TenantId;
  url: string;
  description: string;
  max_attempts: number;
  created_at: Date;
  updated_at: Date;
  scheme: SchemeChoice | null;
  secret_count: number | null;
}

const COLUMNS = 'id, tenant_id, url, description, max_attempts, created_at, updated_at';

const READ_COLUMNS = `
         e.id, e.tenant_id, e.url, e.description, e.max_attempts, e.created_at, e.updated_at,
         s.scheme, cardinality(s.secrets) AS secret_count
    FROM endpoints e
    LEFT JOIN endpoint_signatures s ON s.endpoint_id = e.id AND s.tenant_id = $1`;

const INSERT_ENDPOINT = `
  INSERT INTO endpoints (${COLUMNS})
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

/** The row alone; its signature goes through `putSignature`, in the same transaction. */
export async function insertEndpoint(db: Db, endpoint: Endpoint): Promise<void> {
  await db.query(INSERT_ENDPOINT, [
    endpoint.id,
    endpoint.tenantId,
    endpoint.url,
    endpoint.description,
    endpoint.maxAttempts,
    timeFromMs(endpoint.createdAtMs),
    timeFromMs(endpoint.updatedAtMs),
  ]);
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
    signature:
      row.scheme === null ? null : { choice: row.scheme, secretCount: row.secret_count ?? 0 },
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
