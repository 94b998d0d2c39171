/** Endpoint: a destination of a tenant's events. @module */
import type { EndpointId, TenantId } from '../base/ids.ts';

export interface Endpoint {
  readonly id: EndpointId;
  readonly tenantId: TenantId;
  readonly url: string;
  readonly description: string;
  readonly maxAttempts: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
