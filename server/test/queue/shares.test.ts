import { describe, expect, it } from 'vitest';
import type { EndpointId, TenantId } from '../../src/base/ids.ts';
import { type Lane, type ShareRules, Shares } from '../../src/queue/shares.ts';

/** Nobody is unproven in a way that matters. */
const RULES: ShareRules = { slots: 8, perEndpoint: 3, perTenant: 6, perUnproven: 3, unproven: 8 };
const DOUBTING: ShareRules = {
  slots: 16,
  perEndpoint: 8,
  perTenant: 16,
  perUnproven: 2,
  unproven: 5,
};

function sharesOf(rules: ShareRules): { shares: Shares; pass: (ms: number) => void } {
  let nowMs = 1_000;
  return {
    shares: new Shares(rules, () => nowMs),
    pass(ms) {
      nowMs += ms;
    },
  };
}

function held(endpoint: string, tenant = 't', lane: Lane = 'first') {
  return {
    endpointId: endpoint as EndpointId,
    tenantId: tenant as TenantId,
    lane,
    isFailing: false,
    maxPerS: null as number | null,
  };
}

function takeMany(shares: Shares, endpoint: string, count: number): void {
  for (let i = 0; i < count; i++) shares.take(held(endpoint));
}

function succeed(shares: Shares, endpoint: string, times = 1): void {
  for (let i = 0; i < times; i++) {
    shares.take(held(endpoint));
    shares.give(held(endpoint), 'success');
  }
}

function leftOf(shares: Shares): Record<string, number> {
  return Object.fromEntries([...shares.room().endpoints].map(([id, { left }]) => [id, left]));
}

describe('shares', () => {
  it('count what is held', () => {
    const { shares } = sharesOf(RULES);
    shares.take(held('a'));
    shares.take(held('a'));
    shares.take(held('b', 'u'));
    expect([shares.held, shares.free]).toEqual([3, 5]);
    expect(shares.room()).toEqual({
      perUnproven: 3,
      perTenant: 6,
      unproven: 5,
      endpoints: new Map([
        ['a', { left: 1, isProven: false }],
        ['b', { left: 2, isProven: false }],
      ]),
      tenants: new Map([
        ['t', 4],
        ['u', 5],
      ]),
    });
    shares.give(held('b', 'u'), 'neutral');
    shares.give(held('a'), 'neutral');
    expect(leftOf(shares)).toEqual({ a: 2, b: 3 });
    expect(shares.room().tenants).toEqual(new Map([['t', 5]]));
  });

  it('know how many endpoints and tenants are at their limit', () => {
    const { shares } = sharesOf(RULES);
    takeMany(shares, 'a', 3);
    expect(shares.full).toBe(1);
    for (let i = 0; i < 3; i++) shares.take(held(`b${i}`));
    expect(shares.full).toBe(2);
    shares.give(held('a'), 'neutral');
    expect(shares.full).toBe(0);
  });

  it('tell when something is given back by one that had its share', () => {
    const { shares } = sharesOf(RULES);
    takeMany(shares, 'a', 3);
    expect(shares.give(held('a'), 'neutral')).toBe(true);
    expect(shares.give(held('a'), 'neutral')).toBe(false);
    for (let i = 0; i < 5; i++) shares.take(held(`b${i}`));
    expect(shares.give(held('b0'), 'neutral')).toBe(true);
    expect(shares.give(held('b1'), 'neutral')).toBe(false);
  });

  it('keep a quarter of the slots for first attempts', () => {
    const { shares } = sharesOf(RULES);
    expect([shares.freeFor('first'), shares.freeFor('again')]).toEqual([8, 6]);
    for (let i = 0; i < 6; i++) shares.take(held(`e${i}`, 't', 'again'));
    expect([shares.freeFor('first'), shares.freeFor('again')]).toEqual([2, 0]);
    shares.give(held('e0', 't', 'again'), 'neutral');
    expect([shares.freeFor('first'), shares.freeFor('again')]).toEqual([3, 1]);
  });

  it('let retries have the only slot there is', () => {
    const one = { slots: 1, perEndpoint: 1, perTenant: 1, perUnproven: 1, unproven: 1 };
    expect(sharesOf(one).shares.freeFor('again')).toBe(1);
  });

  it('ask for retries first in one claim of four', () => {
    const { shares } = sharesOf(RULES);
    const first = Array.from({ length: 8 }, () => shares.nextOrder()[0]);
    expect(first.filter((lane) => lane === 'again')).toHaveLength(2);
    expect(first.indexOf('again')).toBe(3);
  });
});

describe('an endpoint that takes so many a second', () => {
  const paced = (maxPerS: number | null) => ({ ...held('a'), maxPerS });

  it('has room for them, and gets it back with time alone', () => {
    const { shares, pass } = sharesOf({ ...DOUBTING, perUnproven: 8 });
    for (let i = 0; i < 2; i++) shares.take(paced(2));
    expect(leftOf(shares)).toEqual({ a: 0 });
    expect(shares.full).toBe(1);
    expect(shares.give(paced(2), 'success')).toBe(false);
    expect(leftOf(shares)).toEqual({ a: 0 });
    pass(499);
    expect(leftOf(shares)).toEqual({ a: 0 });
    pass(1);
    expect(leftOf(shares)).toEqual({ a: 1 });
    pass(60_000);
    expect(leftOf(shares)).toEqual({ a: 2 });
  });

  it('may hold no more than any other, whatever its pace', () => {
    const { shares } = sharesOf(RULES);
    for (let i = 0; i < 3; i++) shares.take(paced(1_000));
    expect(leftOf(shares)).toEqual({ a: 0 });
    expect(shares.give(paced(1_000), 'success')).toBe(true);
  });

  it('is held back no longer when its limit is taken away', () => {
    const { shares } = sharesOf(RULES);
    shares.take(paced(1));
    expect(leftOf(shares)).toEqual({ a: 0 });
    shares.take(paced(null));
    expect(leftOf(shares)).toEqual({ a: 1 });
  });
});

describe('what is unproven', () => {
  it('grows with each success, and is halved with each failure', () => {
    const { shares } = sharesOf(DOUBTING);
    takeMany(shares, 'a', 2);
    expect(leftOf(shares)).toEqual({ a: 0 });
    shares.give(held('a'), 'success');
    expect(leftOf(shares)).toEqual({ a: 3 });
    shares.give(held('a'), 'failure');
    expect(leftOf(shares)).toEqual({ a: 2 });
  });

  it('holds together no more than its part, which those that answer do not use up', () => {
    const { shares } = sharesOf(DOUBTING);
    succeed(shares, 'good');
    takeMany(shares, 'good', 4);
    for (const name of ['a', 'b', 'c', 'd', 'e']) shares.take(held(name));
    const { unproven, endpoints } = shares.room();
    expect(unproven).toBe(0);
    expect(endpoints.get('good' as EndpointId)?.isProven).toBe(true);
    expect(endpoints.get('a' as EndpointId)?.isProven).toBe(false);
    expect(shares.full).toBe(2); // with the endpoint that has its four
    expect(shares.give(held('a'), 'failure')).toBe(true);
    expect(shares.room().unproven).toBe(1);
  });

  it('is what fails by the word of the database, whatever was seen here, until it succeeds', () => {
    const { shares } = sharesOf(DOUBTING);
    succeed(shares, 'a', 3);
    expect(leftOf(shares)).toEqual({ a: 8 });
    shares.take({ ...held('a'), isFailing: true });
    expect(shares.room().endpoints.get('a' as EndpointId)).toEqual({ left: 1, isProven: false });
    shares.give(held('a'), 'success');
    expect(shares.room().endpoints.get('a' as EndpointId)).toEqual({ left: 8, isProven: true });
  });

  it('is what has answered before and then nothing for seconds, until it does', () => {
    const { shares, pass } = sharesOf(DOUBTING);
    succeed(shares, 'a', 3);
    pass(60_000);
    takeMany(shares, 'a', 4);
    expect(shares.room()).toMatchObject({ unproven: 5 });
    pass(3_001);
    expect(shares.room().unproven).toBe(1);
    expect(leftOf(shares)).toEqual({ a: -2 });
    expect(shares.give(held('a'), 'success')).toBe(true);
    expect(shares.room().unproven).toBe(5);
    expect(leftOf(shares)).toEqual({ a: 5 });
  });

  it('is what was not used for longest, when more endpoints are known than are remembered', () => {
    const { shares } = sharesOf(DOUBTING);
    shares.take(held('holding'));
    succeed(shares, 'old');
    succeed(shares, 'used');
    for (let i = 0; i < 1_021; i++) succeed(shares, `e${i}`);
    succeed(shares, 'used');
    succeed(shares, 'one more');
    const { endpoints } = shares.room();
    expect(endpoints.size).toBe(1_024);
    expect(endpoints.has('old' as EndpointId)).toBe(false);
    for (const name of ['holding', 'used', 'one more']) {
      expect(endpoints.has(name as EndpointId)).toBe(true);
    }
  });
});
