import { describe, expect, it } from 'vitest';
import type { EndpointId, TenantId } from '../../src/base/ids.ts';
import { type Lane, type ShareRules, Shares } from '../../src/queue/shares.ts';

const RULES: ShareRules = { slots: 8, perEndpoint: 3, perTenant: 6 };

function held(endpoint: string, tenant = 't', lane: Lane = 'first') {
  return {
    endpointId: endpoint as EndpointId,
    tenantId: tenant as TenantId,
    lane,
    isFailing: false,
  };
}

describe('shares', () => {
  it('count what is held, and forget who holds nothing', () => {
    const shares = new Shares(RULES);
    shares.take(held('a'));
    shares.take(held('a'));
    shares.take(held('b', 'u'));
    expect([shares.held, shares.free]).toEqual([3, 5]);
    expect(shares.room()).toEqual({
      perEndpoint: 3,
      perTenant: 6,
      endpoints: new Map([
        ['a', 1],
        ['b', 2],
      ]),
      tenants: new Map([
        ['t', 4],
        ['u', 5],
      ]),
    });
    shares.give(held('b', 'u'));
    shares.give(held('a'));
    expect(shares.room().endpoints).toEqual(new Map([['a', 2]]));
    expect(shares.room().tenants).toEqual(new Map([['t', 5]]));
  });

  it('know how many endpoints and tenants are at their limit', () => {
    const shares = new Shares(RULES);
    for (let i = 0; i < 3; i++) shares.take(held('a'));
    expect(shares.full).toBe(1);
    for (let i = 0; i < 3; i++) shares.take(held(`b${i}`));
    expect(shares.full).toBe(2);
    shares.give(held('a'));
    expect(shares.full).toBe(0);
  });

  it('tell when something is given back by one that had its share', () => {
    const shares = new Shares(RULES);
    for (let i = 0; i < 3; i++) shares.take(held('a'));
    expect(shares.give(held('a'))).toBe(true);
    expect(shares.give(held('a'))).toBe(false);
    for (let i = 0; i < 5; i++) shares.take(held(`b${i}`));
    expect(shares.give(held('b0'))).toBe(true);
    expect(shares.give(held('b1'))).toBe(false);
  });

  it('leave an eighth of its share to an endpoint that fails, until it does not', () => {
    const shares = new Shares({ slots: 100, perEndpoint: 32, perTenant: 100 });
    const failing = { ...held('a'), isFailing: true };
    for (let i = 0; i < 4; i++) shares.take(failing);
    expect(shares.room().endpoints).toEqual(new Map([['a', 0]]));
    expect(shares.full).toBe(1);
    expect(shares.give(failing)).toBe(true);
    shares.take(held('a'));
    expect(shares.room().endpoints).toEqual(new Map([['a', 28]]));
    expect(new Shares({ slots: 1, perEndpoint: 1, perTenant: 1 }).room().perEndpoint).toBe(1);
  });

  it('keep a quarter of the slots for first attempts', () => {
    const shares = new Shares(RULES);
    expect([shares.freeFor('first'), shares.freeFor('again')]).toEqual([8, 6]);
    for (let i = 0; i < 6; i++) shares.take(held(`e${i}`, 't', 'again'));
    expect([shares.freeFor('first'), shares.freeFor('again')]).toEqual([2, 0]);
    shares.give(held('e0', 't', 'again'));
    expect([shares.freeFor('first'), shares.freeFor('again')]).toEqual([3, 1]);
  });

  it('let retries have the only slot there is', () => {
    const shares = new Shares({ slots: 1, perEndpoint: 1, perTenant: 1 });
    expect(shares.freeFor('again')).toBe(1);
  });

  it('ask for retries first in one claim of four', () => {
    const shares = new Shares(RULES);
    const first = Array.from({ length: 8 }, () => shares.nextOrder()[0]);
    expect(first.filter((lane) => lane === 'again')).toHaveLength(2);
    expect(first.indexOf('again')).toBe(3);
  });
});
