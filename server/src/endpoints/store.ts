/** Endpoints in the database, always within one tenant. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { Endpoint } from './endpoint.ts';

interface EndpointRow {
  id: EndpointId;
  tenant_id: TenantId;
  url: string;
  description: string;
  max_attempts: number;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'id, tenant_id, url, description, max_attempts, created_at, updated_at';

const INSERT_ENDPOINT = `
  INSERT INTO endpoints (${COLUMNS})
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

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
  SELECT ${COLUMNS} FROM endpoints
   WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`;

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
  SELECT ${COLUMNS} FROM endpoints
   WHERE tenant_id = $1 AND deleted_at IS NULL AND ($2::uuid IS NULL OR id < $2)
   ORDER BY id DESC
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
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
