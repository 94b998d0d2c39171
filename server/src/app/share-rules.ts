/** How the settings divide the slots of this process. @module */
import type { Config } from '../base/config.ts';
import type { ShareRules } from '../queue/shares.ts';

type ShareSettings = Pick<Config, 'deliverySlots' | 'endpointSlots' | 'tenantSlots'>;

const TENANT_SHARE = 0.75;
const FIRST_PART = 8;
const UNPROVEN_PART = 2;

/** What the unproven may hold is also within what one tenant may: they may all be of one, beside its other endpoints. */
export function shareRules({
  deliverySlots,
  endpointSlots,
  tenantSlots,
}: ShareSettings): ShareRules {
  const perTenant = tenantSlots ?? Math.ceil(deliverySlots * TENANT_SHARE);
  return {
    slots: deliverySlots,
    perEndpoint: endpointSlots,
    perTenant,
    perUnproven: Math.max(1, Math.floor(endpointSlots / FIRST_PART)),
    unproven: Math.max(1, Math.floor(Math.min(deliverySlots, perTenant) / UNPROVEN_PART)),
  };
}
