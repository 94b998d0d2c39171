/** Endpoints as the ingest finds them: by their id alone, for whoever knows it, with the sealed secrets. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';

export interface TargetRow {
  readonly endpointId: EndpointId;
  readonly tenantId: TenantId;
  readonly keptHeaders: readonly string[];
  /** Null where no signature is asked for; otherwise whatever the database holds. */
  readonly scheme: unknown;
  readonly sealedSecrets: readonly Buffer[];
}

// Providers know no tenant: the signature, or the API key, decides afterwards.
const FIND_TARGET = `
  SELECT e.id, e.tenant_id, e.kept_headers, s.endpoint_id IS NOT NULL AS is_signed, s.scheme, s.secrets
    FROM endpoints e
    LEFT JOIN endpoint_signatures s ON s.endpoint_id = e.id AND s.tenant_id = e.tenant_id
   WHERE e.id = $1 AND e.deleted_at IS NULL`;

export async function findTargetAcrossTenants(db: Db, id: EndpointId): Promise<TargetRow | null> {
  const { rows } = await db.query<{
    id: EndpointId;
    tenant_id: TenantId;
    kept_headers: string[];
    is_signed: boolean;
    scheme: unknown;
    secrets: Buffer[] | null;
  }>(prepared(FIND_TARGET, [id]));
  const row = rows[0];
  if (row === undefined) return null;
  return {
    endpointId: row.id,
    tenantId: row.tenant_id,
    keptHeaders: row.kept_headers,
    scheme: row.is_signed ? (row.scheme ?? undefined) : null,
    sealedSecrets: row.secrets ?? [],
  };
}
