/** STORY: an endpoint is made with all its secrets, or not at all. @module */
import { Failure } from '../base/failure.ts';
import type { Sealer } from '../base/seal.ts';
import { inTransaction, type TransactionSource } from '../db/transaction.ts';
import type { ClientCertificateInfo, ClientIdentity } from './client-identity.ts';
import { putCredentials } from './credentials-store.ts';
import type { Endpoint } from './endpoint.ts';
import type { SchemeChoice } from './endpoint-signature.ts';
import { putSignature } from './signature-store.ts';
import type { SigningPair } from './signing-pair.ts';
import { insertPair } from './signing-store.ts';
import { countEndpoints, insertEndpoint } from './store.ts';

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

/** Of one tenant; two that are made at once may exceed it by one. */
export const MAX_ENDPOINTS = 10_000;

/** Failure `unprocessable` for a tenant that has `MAX_ENDPOINTS`. */
export async function createEndpoint(
  { pool, sealer }: { readonly pool: TransactionSource; readonly sealer: Sealer },
  endpoint: Endpoint,
  { signature, pair, customHeaders, client }: EndpointSecrets,
): Promise<void> {
  const { id: endpointId, tenantId, createdAtMs } = endpoint;
  const updatedAtMs = createdAtMs;
  await inTransaction(pool, async (db) => {
    if ((await countEndpoints(db, tenantId, MAX_ENDPOINTS)) >= MAX_ENDPOINTS) {
      const message = `The tenant has ${MAX_ENDPOINTS} endpoints: delete some first`;
      throw new Failure('unprocessable', message);
    }
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
