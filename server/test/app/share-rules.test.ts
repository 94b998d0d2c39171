import { expect, it } from 'vitest';
import { shareRules } from '../../src/app/share-rules.ts';

it('divides the slots by the settings', () => {
  expect(shareRules({ deliverySlots: 256, endpointSlots: 32, tenantSlots: null })).toEqual({
    slots: 256,
    perEndpoint: 32,
    perTenant: 192,
    perUnproven: 4,
    unproven: 96,
  });
});

it('leaves half of a tenant’s slots to its endpoints that answer', () => {
  expect(shareRules({ deliverySlots: 256, endpointSlots: 32, tenantSlots: 40 })).toMatchObject({
    perTenant: 40,
    unproven: 20,
  });
});

it('lets everybody have the only slot there is', () => {
  expect(shareRules({ deliverySlots: 1, endpointSlots: 1, tenantSlots: null })).toEqual({
    slots: 1,
    perEndpoint: 1,
    perTenant: 1,
    perUnproven: 1,
    unproven: 1,
  });
});
