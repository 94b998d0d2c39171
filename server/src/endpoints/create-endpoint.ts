/** STORY: an endpoint is made with all its secrets, or not at all. @module */
import type { Pool } from 'pg';
import type { Sealer } from '../base/seal.ts';
import { inTransaction } from '../db/transaction.ts';
import type { ClientCertificateInfo, ClientIdentity } from './client-identity.ts';
import { putCredentials } from './credentials-store.ts';
import type { Endpoint } from './endpoint.ts';
import type { SchemeChoice } from './endpoint-signature.ts';
import { putSignature } from './signature-store.ts';
import type { SigningPair } from './signing-pair.ts';
import { insertPair } from './signing-store.ts';
import { insertEndpoint } from './store.ts';

/** What is sealed of an endpoint. */
export interface EndpointSecrets {
  /** With which its provider signs. */
  readonly signature: { readonly choice: SchemeChoice; readonly secrets: readonly string[] } | null;
  /** With which its deliveries are signed. */
  readonly pair: SigningPair;
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly client: {
    readonly identity: ClientIdentity;
    readonly info: ClientCertificateInfo;
  } | null;
}

export async function createEndpoint(
  { pool, sealer }: { readonly pool: Pool; readonly sealer: Sealer },
  endpoint: Endpoint,
  { signature, pair, customHeaders, client }: EndpointSecrets,
): Promise<void> {
  const { id: endpointId, tenantId, createdAtMs } = endpoint;
  const updatedAtMs = createdAtMs;
  await inTransaction(pool, async (db) => {
    await insertEndpoint(db, endpoint);
    await insertPair(db, tenantId, sealer, { endpointId, pair, createdAtMs });
    if (signature !== null) {
      await putSignature(db, tenantId, sealer, { endpointId, ...signature, updatedAtMs });
    }
    if (client !== null || Object.keys(customHeaders).length > 0) {
      await putCredentials(db, tenantId, sealer, {
        endpointId,
        customHeaders,
        client,
        updatedAtMs,
      });
    }
  });
}
