/** What deliveries to endpoints need, as the database keeps it: sealed. Found by the endpoint's id alone. @module */
import type { EndpointId } from '../base/ids.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';

export interface OutgoingRow {
  readonly endpointId: EndpointId;
  readonly signatureVersions: readonly string[];
  readonly minTlsVersion: string;
  readonly sealedHeaders: Buffer | null;
  readonly sealedIdentity: Buffer | null;
  /** The one without an end first, then those that sign longest. */
  readonly sealedPairs: readonly { readonly sealed: Buffer; readonly validUntil: Date | null }[];
}

// Workers deliver for all tenants. NULL comes first in a descending order. A deleted endpoint is answered too: what is in flight ends as it began.
const FIND_OUTGOING = `
  SELECT e.id, e.signature_versions, e.min_tls_version, c.custom_headers, c.client_identity,
         s.secrets, s.valid_until
    FROM endpoints e
    LEFT JOIN endpoint_credentials c ON c.endpoint_id = e.id AND c.tenant_id = e.tenant_id
    LEFT JOIN LATERAL (
           SELECT array_agg(p.secrets ORDER BY p.valid_until DESC, p.id DESC) AS secrets,
                  array_agg(p.valid_until ORDER BY p.valid_until DESC, p.id DESC) AS valid_until
             FROM endpoint_signing_secrets p
            WHERE p.endpoint_id = e.id AND p.tenant_id = e.tenant_id
         ) s ON true
   WHERE e.id = ANY($1::uuid[])`;

/** An id that names no endpoint has no row. */
export async function findOutgoingAcrossTenants(
  db: Db,
  endpointIds: readonly EndpointId[],
): Promise<OutgoingRow[]> {
  const { rows } = await db.query<{
    id: EndpointId;
    signature_versions: string[];
    min_tls_version: string;
    custom_headers: Buffer | null;
    client_identity: Buffer | null;
    secrets: Buffer[] | null;
    valid_until: (Date | null)[] | null;
  }>(prepared(FIND_OUTGOING, [endpointIds]));
  return rows.map((row) => ({
    endpointId: row.id,
    signatureVersions: row.signature_versions,
    minTlsVersion: row.min_tls_version,
    sealedHeaders: row.custom_headers,
    sealedIdentity: row.client_identity,
    sealedPairs: (row.secrets ?? []).map((sealed, i) => ({
      sealed,
      validUntil: row.valid_until?.[i] ?? null,
    })),
  }));
}
