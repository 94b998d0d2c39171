/** STORY: the settings of an endpoint are replaced, or it is deleted; for whoever names its version, only while it is that one. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Sealer } from '../base/seal.ts';
import { type Db, inTransaction, type TransactionSource } from '../db/transaction.ts';
import type { EndpointSecrets } from './create-endpoint.ts';
import { putCredentials } from './credentials-store.ts';
import type { Endpoint } from './endpoint.ts';
import { deleteEndpointRow, type EndpointSettings, updateEndpoint } from './replace-store.ts';
import { deleteSignature, putSignature } from './signature-store.ts';
import { lockEndpoint } from './signing-store.ts';
import { findEndpoint } from './store.ts';

/** True for a version that the caller means; a caller who names none means any. */
export type IsMeant = (version: number) => boolean;

/** What holds secrets is given, removed, or kept as it is: nobody can read it back to give it again. */
export interface EndpointReplacement extends EndpointSettings {
  readonly signature: EndpointSecrets['signature'] | 'keep';
  readonly customHeaders: EndpointSecrets['customHeaders'] | 'keep';
  readonly client: EndpointSecrets['client'] | 'keep';
}

/** `secrets_would_leave`: kept headers or a kept certificate would be shown to another host than they were given for. */
export type Changed = 'done' | 'not_found' | 'other_version' | 'secrets_would_leave';

/** All or nothing. */
export function replaceEndpoint(
  { pool, sealer }: { readonly pool: TransactionSource; readonly sealer: Sealer },
  tenantId: TenantId,
  endpointId: EndpointId,
  replacement: EndpointReplacement,
  isMeant: IsMeant,
  updatedAtMs: number,
): Promise<Changed> {
  return withLocked(pool, tenantId, endpointId, isMeant, async (db, endpoint) => {
    if (wouldLeak(endpoint, replacement)) return 'secrets_would_leave';
    const { signature, customHeaders, client } = replacement;
    await updateEndpoint(db, tenantId, endpointId, replacement, updatedAtMs);
    if (signature === null) await deleteSignature(db, tenantId, endpointId);
    else if (signature !== 'keep') {
      await putSignature(db, tenantId, sealer, { endpointId, ...signature, updatedAtMs });
    }
    await putCredentials(db, tenantId, sealer, { endpointId, customHeaders, client, updatedAtMs });
    return 'done';
  });
}

/**
 * Deliveries that are under way end as they end. What waits is failed soon after, by any server: see
 * `queue/close-store.ts`.
 */
export function deleteEndpoint(
  pool: TransactionSource,
  tenantId: TenantId,
  endpointId: EndpointId,
  isMeant: IsMeant,
): Promise<Changed> {
  return withLocked(pool, tenantId, endpointId, isMeant, async (db) => {
    await deleteEndpointRow(db, tenantId, endpointId);
    return 'done';
  });
}

function withLocked(
  pool: TransactionSource,
  tenantId: TenantId,
  endpointId: EndpointId,
  isMeant: IsMeant,
  change: (db: Db, endpoint: Endpoint) => Promise<Changed>,
): Promise<Changed> {
  return inTransaction(pool, async (db) => {
    const isThere = await lockEndpoint(db, tenantId, endpointId);
    const endpoint = isThere ? await findEndpoint(db, tenantId, endpointId) : null;
    if (endpoint === null) return 'not_found';
    return isMeant(endpoint.version) ? change(db, endpoint) : 'other_version';
  });
}

// Otherwise a key that may change endpoints, and was never shown their secrets, could have them sent to itself.
function wouldLeak({ url, request }: Endpoint, replacement: EndpointReplacement): boolean {
  if (new URL(url).origin === new URL(replacement.url).origin) return false;
  const keepsHeaders = replacement.customHeaders === 'keep' && request.customHeaderNames.length > 0;
  const keepsClient = replacement.client === 'keep' && request.clientCertificate !== null;
  return keepsHeaders || keepsClient;
}
