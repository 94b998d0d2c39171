/** Endpoint: a destination of a tenant's events. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { DeliverySettings, EndpointState } from './delivery-settings.ts';
import type { EndpointSignature } from './endpoint-signature.ts';
import type { RequestSettings } from './request-settings.ts';

export interface Endpoint {
  readonly id: EndpointId;
  readonly tenantId: TenantId;
  readonly url: string;
  readonly description: string;
  readonly maxAttempts: number;
  /** Null where nothing but an API key of the tenant is accepted. */
  readonly signature: EndpointSignature | null;
  readonly request: RequestSettings;
  readonly delivery: DeliverySettings;
  readonly state: EndpointState;
  /** Of its settings: one more with each replacement. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
