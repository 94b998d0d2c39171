/** Tiers: the defaults, what settings and rows may say, and what counts where they cannot be read. */
import { describe, expect, it } from 'vitest';
import { limitsOf, parseTiers, UNLIMITED_TIER } from '../../src/tenants/tier.ts';

const limit = (ratePerS: number, burst: number) => ({ ratePerS, burst });
const all = (ratePerS: number, burst: number) => ({
  ingest: limit(ratePerS, burst),
  api: limit(ratePerS, burst),
  proof: limit(ratePerS, burst),
});
const NONE = { ingest: null, api: null, proof: null };

describe('the tiers of the settings', () => {
  it('are four without any, and a limit for each address', () => {
    const { byName, public: open } = parseTiers('');
    expect(Object.fromEntries(byName)).toEqual({
      free: all(10, 20),
      standard: all(1_000, 2_000),
      enterprise: all(10_000, 20_000),
      [UNLIMITED_TIER]: NONE,
    });
    expect(open).toEqual(limit(200, 1_000));
  });

  it('replace those of their name, add others, and may differ by class', () => {
    const { byName, public: open } = parseTiers(
      JSON.stringify({
        free: { rate: 1, burst: 2 },
        gold: { rate: 5, burst: 6, ingest: { rate: 7, burst: 8 }, proof: null },
        split: { ingest: null, api: { rate: 3, burst: 3 }, proof: { rate: 4, burst: 4 } },
        open: null,
        public: null,
      }),
    );
    expect(byName.get('free')).toEqual(all(1, 2));
    expect(byName.get('standard')).toEqual(all(1_000, 2_000));
    expect(byName.get('gold')).toEqual({ ingest: limit(7, 8), api: limit(5, 6), proof: null });
    expect(byName.get('split')).toEqual({ ingest: null, api: limit(3, 3), proof: limit(4, 4) });
    expect(byName.get('open')).toEqual(NONE);
    expect(open).toBeNull();
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a tier that is no object', '{"free":10}'],
    ['a name nobody can write', '{"Free Tier":null}'],
    ['a rate without a burst', '{"free":{"rate":10}}'],
    ['a rate of nothing', '{"free":{"rate":0,"burst":10}}'],
    ['a rate in parts', '{"free":{"rate":1.5,"burst":10}}'],
    ['a rate beyond what can be counted', '{"free":{"rate":100001,"burst":10}}'],
    ['a rate as text', '{"free":{"rate":"10","burst":10}}'],
    ['a misspelt member', '{"free":{"rate":10,"brust":10}}'],
    ['an unknown class', '{"free":{"rate":10,"burst":10,"egress":{"rate":1,"burst":1}}}'],
    ['a class that is left open', '{"free":{"ingest":{"rate":1,"burst":1}}}'],
    ['classes for strangers', '{"public":{"rate":1,"burst":1,"api":null}}'],
  ])('are refused with %s', (_what, json) => {
    expect(() => parseTiers(json)).toThrow(Error);
  });
});

describe('the limits of a tenant', () => {
  const tiers = parseTiers('');

  it('are those of its tier, but for what its row overrides', () => {
    expect(limitsOf(tiers, 'standard', null)).toEqual({ limits: all(1_000, 2_000), isKnown: true });
    expect(limitsOf(tiers, 'standard', { api: { rate: 3, burst: 4 } })).toEqual({
      limits: { ...all(1_000, 2_000), api: limit(3, 4) },
      isKnown: true,
    });
    expect(limitsOf(tiers, UNLIMITED_TIER, { ingest: { rate: 3, burst: 4 } }).limits).toEqual({
      ...NONE,
      ingest: limit(3, 4),
    });
    expect(limitsOf(tiers, 'free', { rate: 3, burst: 4, proof: null }).limits).toEqual({
      ...all(3, 4),
      proof: null,
    });
  });

  it('are the least, never none, where the tier says nothing to this server', () => {
    expect(limitsOf(tiers, 'platinum', null)).toEqual({ limits: all(10, 20), isKnown: false });
    expect(limitsOf(tiers, 'constructor', null).isKnown).toBe(false);
  });

  it('are those of the tier where the row cannot be read', () => {
    for (const override of [
      { rate: 1 },
      { rates: 1 },
      [],
      'fast',
      { api: { rate: -1, burst: 1 } },
    ]) {
      expect(limitsOf(tiers, 'standard', override)).toEqual({
        limits: all(1_000, 2_000),
        isKnown: false,
      });
    }
  });
});
