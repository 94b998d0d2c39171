/** Where a webhook is meant to go, and who may send it there: found once a second, misses included. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { type EndpointId, isUuid, type TenantId } from '../base/ids.ts';
import { Recent } from '../base/recent.ts';
import type { Sealer } from '../base/seal.ts';
import { schemeFromStored } from '../endpoints/endpoint-signature.ts';
import { placeOfSecret } from '../endpoints/signature-store.ts';
import { createSignatureVerifier, type SignatureVerifier } from './signature.ts';
import { findTargetAcrossTenants, type TargetRow } from './target-store.ts';

export interface Target {
  readonly endpointId: EndpointId;
  readonly tenantId: TenantId;
  /** Names, in lower case, of headers that the endpoint wants beside those of its scheme. */
  readonly keptHeaders?: readonly string[];
  /** Null: nothing but an API key of the tenant is accepted. */
  readonly verifier: SignatureVerifier | null;
}

const TTL_MS = 1_000;
const MAX_KEPT = 10_000;

/**
 * Answers null for an id that names no endpoint. Rejects for a scheme or secret that cannot be read: an endpoint
 * whose signatures nobody can check must accept nothing.
 */
export function createTargetFinder(deps: {
  readonly pool: Pool;
  readonly sealer: Sealer;
  readonly clock: Clock;
}): (endpointId: string) => Promise<Target | null> {
  const recent = new Recent<Target | null>({
    clock: deps.clock,
    ttlMs: TTL_MS,
    max: MAX_KEPT,
    load: async (id) => {
      const row = await findTargetAcrossTenants(deps.pool, id as EndpointId);
      return row === null ? null : targetFromRow(row, deps.sealer);
    },
  });
  return async function findTarget(endpointId) {
    return isUuid(endpointId) ? recent.get(endpointId) : null;
  };
}

function targetFromRow(row: TargetRow, sealer: Sealer): Target {
  const { endpointId, tenantId, keptHeaders, scheme, sealedSecrets } = row;
  if (scheme === null) return { endpointId, tenantId, keptHeaders, verifier: null };
  const place = placeOfSecret(endpointId);
  const secrets = sealedSecrets.map((sealed) => sealer.open(sealed, place));
  const verifier = createSignatureVerifier(schemeFromStored(scheme), secrets);
  return { endpointId, tenantId, keptHeaders, verifier };
}
