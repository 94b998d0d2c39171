/** The settings of endpoints replaced, and endpoints deleted. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { DeliverySettings } from './delivery-settings.ts';
import type { RequestSettings } from './request-settings.ts';

/** All of an endpoint that a replacement writes and that is no secret. */
export interface EndpointSettings
  extends Pick<RequestSettings, 'signatureVersions' | 'minTlsVersion' | 'keptHeaders'> {
  readonly url: string;
  readonly description: string;
  readonly maxAttempts: number;
  readonly delivery: DeliverySettings;
}

const UPDATE_ENDPOINT = `
  UPDATE endpoints
     SET url = $3, description = $4, max_attempts = $5, signature_versions = $6, min_tls_version = $7, kept_headers = $8,
         max_delay_s = $9, retry_statuses = $10, disable_after_h = $11, updated_at = $12,
         max_per_s = $13, version = version + 1
   WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`;

export async function updateEndpoint(
  db: Db,
  tenantId: TenantId,
  id: EndpointId,
  settings: EndpointSettings,
  updatedAtMs: number,
): Promise<void> {
  await db.query(UPDATE_ENDPOINT, [
    tenantId,
    id,
    settings.url,
    settings.description,
    settings.maxAttempts,
    settings.signatureVersions,
    settings.minTlsVersion,
    settings.keptHeaders,
    settings.delivery.maxDelayS,
    settings.delivery.retryStatuses,
    settings.delivery.disableAfterH,
    timeFromMs(updatedAtMs),
    settings.delivery.maxPerS,
  ]);
}

// Disabled too: from this commit on nothing of it is claimed, and what is still accepted for it is held.
const DELETE_ENDPOINT = `
  UPDATE endpoints
     SET deleted_at = now(), closing = true, release_from = NULL,
         disabled_at = coalesce(disabled_at, now()), disabled_reason = coalesce(disabled_reason, 'requested')
   WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`;

const FORGET_SIGNATURE =
  'DELETE FROM endpoint_signatures WHERE tenant_id = $1 AND endpoint_id = $2';
const FORGET_CREDENTIALS =
  'DELETE FROM endpoint_credentials WHERE tenant_id = $1 AND endpoint_id = $2';
const FORGET_PAIRS =
  'DELETE FROM endpoint_signing_secrets WHERE tenant_id = $1 AND endpoint_id = $2';

/** The row stays, for its events and proofs; its secrets do not. Call inside a transaction. */
export async function deleteEndpointRow(db: Db, tenantId: TenantId, id: EndpointId): Promise<void> {
  await db.query(DELETE_ENDPOINT, [tenantId, id]);
  await db.query(FORGET_SIGNATURE, [tenantId, id]);
  await db.query(FORGET_CREDENTIALS, [tenantId, id]);
  await db.query(FORGET_PAIRS, [tenantId, id]);
}
