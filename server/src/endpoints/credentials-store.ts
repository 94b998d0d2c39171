/** Custom headers and client identities of endpoints in the database, sealed. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Sealer } from '../base/seal.ts';
import type { Db } from '../db/transaction.ts';
import {
  type ClientCertificateInfo,
  type ClientIdentity,
  encodeIdentity,
  placeOfIdentity,
} from './client-identity.ts';

export interface NewCredentials {
  readonly endpointId: EndpointId;
  /** Names in lower case; empty for none. */
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly client: {
    readonly identity: ClientIdentity;
    readonly info: ClientCertificateInfo;
  } | null;
  readonly updatedAtMs: number;
}

// A full replacement: what is not given is gone.
const PUT_CREDENTIALS = `
  INSERT INTO endpoint_credentials
         (tenant_id, endpoint_id, custom_headers, header_names, client_identity, client_cert_sha256,
          client_cert_expires_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (endpoint_id) DO UPDATE
     SET custom_headers = EXCLUDED.custom_headers, header_names = EXCLUDED.header_names,
         client_identity = EXCLUDED.client_identity, client_cert_sha256 = EXCLUDED.client_cert_sha256,
         client_cert_expires_at = EXCLUDED.client_cert_expires_at, updated_at = EXCLUDED.updated_at
   WHERE endpoint_credentials.tenant_id = $1`;

export async function putCredentials(
  db: Db,
  tenantId: TenantId,
  sealer: Sealer,
  { endpointId, customHeaders, client, updatedAtMs }: NewCredentials,
): Promise<void> {
  const names = Object.keys(customHeaders).sort();
  await db.query(PUT_CREDENTIALS, [
    tenantId,
    endpointId,
    names.length === 0
      ? null
      : sealer.seal(JSON.stringify(customHeaders), placeOfCustomHeaders(endpointId)),
    names,
    client === null
      ? null
      : sealer.seal(encodeIdentity(client.identity), placeOfIdentity(endpointId)),
    client === null ? null : Buffer.from(client.info.sha256),
    client === null ? null : timeFromMs(client.info.expiresAtMs),
    timeFromMs(updatedAtMs),
  ]);
}

/** What custom headers are sealed for: copied to another endpoint's row, they do not open. */
export function placeOfCustomHeaders(endpointId: EndpointId): string {
  return `endpoint_credentials/custom_headers/${endpointId}`;
}

/** Throws for a text that holds none. */
export function decodeCustomHeaders(stored: string): Readonly<Record<string, string>> {
  const headers: unknown = JSON.parse(stored);
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new Error('not stored custom headers');
  }
  if (!Object.values(headers).every((value) => typeof value === 'string')) {
    throw new Error('not stored custom headers');
  }
  return headers as Record<string, string>;
}
