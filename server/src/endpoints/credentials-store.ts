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
  /** Names in lower case; empty for none. `keep`: as they are. */
  readonly customHeaders: Readonly<Record<string, string>> | 'keep';
  readonly client:
    | {
        readonly identity: ClientIdentity;
        readonly info: ClientCertificateInfo;
      }
    | null
    | 'keep';
  readonly updatedAtMs: number;
}

// What is not given is gone, unless it is to be kept ($9, $10).
const PUT_CREDENTIALS = `
  INSERT INTO endpoint_credentials
         (tenant_id, endpoint_id, custom_headers, header_names, client_identity, client_cert_sha256,
          client_cert_expires_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (endpoint_id) DO UPDATE
     SET custom_headers = CASE WHEN $9 THEN endpoint_credentials.custom_headers ELSE EXCLUDED.custom_headers END,
         header_names = CASE WHEN $9 THEN endpoint_credentials.header_names ELSE EXCLUDED.header_names END,
         client_identity = CASE WHEN $10 THEN endpoint_credentials.client_identity ELSE EXCLUDED.client_identity END,
         client_cert_sha256 =
           CASE WHEN $10 THEN endpoint_credentials.client_cert_sha256 ELSE EXCLUDED.client_cert_sha256 END,
         client_cert_expires_at =
           CASE WHEN $10 THEN endpoint_credentials.client_cert_expires_at ELSE EXCLUDED.client_cert_expires_at END,
         updated_at = EXCLUDED.updated_at
   WHERE endpoint_credentials.tenant_id = $1`;

export async function putCredentials(
  db: Db,
  tenantId: TenantId,
  sealer: Sealer,
  { endpointId, customHeaders, client, updatedAtMs }: NewCredentials,
): Promise<void> {
  const headers = customHeaders === 'keep' ? {} : customHeaders;
  const given = client === 'keep' ? null : client;
  const names = Object.keys(headers).sort();
  await db.query(PUT_CREDENTIALS, [
    tenantId,
    endpointId,
    names.length === 0
      ? null
      : sealer.seal(JSON.stringify(headers), placeOfCustomHeaders(endpointId)),
    names,
    given === null
      ? null
      : sealer.seal(encodeIdentity(given.identity), placeOfIdentity(endpointId)),
    given === null ? null : Buffer.from(given.info.sha256),
    given === null ? null : timeFromMs(given.info.expiresAtMs),
    timeFromMs(updatedAtMs),
    customHeaders === 'keep',
    client === 'keep',
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
