/** Signature schemes of endpoints in the database, their secrets sealed. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Sealer } from '../base/seal.ts';
import type { Db } from '../db/transaction.ts';
import type { SchemeChoice } from './endpoint-signature.ts';

export interface NewSignature {
  readonly endpointId: EndpointId;
  readonly choice: SchemeChoice;
  readonly secrets: readonly string[];
  readonly updatedAtMs: number;
}

// A full replacement, as PUT means it.
const PUT_SIGNATURE = `
  INSERT INTO endpoint_signatures (tenant_id, endpoint_id, scheme, secrets, updated_at)
  VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (endpoint_id) DO UPDATE
     SET scheme = EXCLUDED.scheme, secrets = EXCLUDED.secrets, updated_at = EXCLUDED.updated_at
   WHERE endpoint_signatures.tenant_id = $1`;

export async function putSignature(
  db: Db,
  tenantId: TenantId,
  sealer: Sealer,
  { endpointId, choice, secrets, updatedAtMs }: NewSignature,
): Promise<void> {
  await db.query(PUT_SIGNATURE, [
    tenantId,
    endpointId,
    JSON.stringify(choice),
    secrets.map((secret) => sealer.seal(secret, placeOfSecret(endpointId))),
    timeFromMs(updatedAtMs),
  ]);
}

/** What a secret is sealed for: copied to another endpoint's row, it does not open. */
export function placeOfSecret(endpointId: EndpointId): string {
  return `endpoint_signatures/${endpointId}`;
}

const DELETE_SIGNATURE = `
  DELETE FROM endpoint_signatures WHERE tenant_id = $1 AND endpoint_id = $2`;

/** From here on the endpoint takes API keys alone. */
export async function deleteSignature(
  db: Db,
  tenantId: TenantId,
  endpointId: EndpointId,
): Promise<void> {
  await db.query(DELETE_SIGNATURE, [tenantId, endpointId]);
}
