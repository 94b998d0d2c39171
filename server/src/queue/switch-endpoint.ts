/** Story: a tenant disables an endpoint, or enables it and says what becomes of the events that were held. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import { type Db, inTransaction, type TransactionSource } from '../db/transaction.ts';
import { disableEndpoint, enableEndpoint, type Release } from '../endpoints/state-store.ts';
import { holdOneDisabledAcrossTenants } from './set-aside-store.ts';

const CHUNK = 1_000;

/** False when there is no such endpoint. Claims pass by what waits from now on; it is marked as held soon after. */
export function switchOff(db: Db, tenantId: TenantId, endpointId: EndpointId): Promise<boolean> {
  return disableEndpoint(db, tenantId, endpointId);
}

/**
 * False when there is no such endpoint. What is to be released is queued soon after, chunk by chunk, by any server.
 * Before it is enabled all that waits is held: otherwise rows that nobody had got to yet would go in spite of `none`.
 */
export async function switchOn(
  source: Db & TransactionSource,
  tenantId: TenantId,
  endpointId: EndpointId,
  release: Release,
): Promise<boolean> {
  let held: number;
  do {
    held = await inTransaction(source, (db) => holdOneDisabledAcrossTenants(db, endpointId, CHUNK));
  } while (held >= CHUNK);
  return enableEndpoint(source, tenantId, endpointId, release);
}
