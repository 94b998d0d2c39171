/** The way from a pinned key to that of a head: the nearest pinned key decides, in its window and for its log. @module */
import { describe, expect, it } from 'vitest';
import { verifyKeyChain } from '../src/key-chain.ts';
import { findKeyWay, type KeyWay } from '../src/key-way.ts';
import { parseProofPackage } from '../src/proof-package.ts';
import type { TrustedKey } from '../src/trust.ts';
import { makeChainPackage, rotationText, rotationTimeMs, signerNumber } from './make-key-chain.ts';
import { HEAD_TIME_MS, ORIGIN } from './make-package.ts';

const TEXTS = [0, 1, 2].map((i) => rotationText(i));

function pinned(i: number, rest: Partial<TrustedKey> = {}): TrustedKey {
  return { publicKey: signerNumber(i).publicKey, name: `key ${i}`, ...rest };
}

function wayFrom(...keys: readonly TrustedKey[]): KeyWay {
  const made = parseProofPackage(JSON.stringify(makeChainPackage(TEXTS, signerNumber(3))));
  const chain = verifyKeyChain(made.keyChain, made.signedTreeHead);
  return findKeyWay(made.signedTreeHead, keys, chain);
}

describe('the way', () => {
  it.each([
    [0, 3],
    [1, 2],
    [2, 1],
  ])('begins at pinned key %i and takes %i statements', (start, count) => {
    const way = wayFrom(pinned(start));
    expect(way).toMatchObject({ source: 'chain', name: `key ${start}`, refusal: null });
    expect(way.statements).toHaveLength(count);
  });

  it('is none for the pinned key itself', () => {
    const way = wayFrom(pinned(0), pinned(3));
    expect(way).toMatchObject({ source: 'pinned', name: 'key 3', statements: [], reason: null });
  });

  it('begins at the nearest pinned key', () => {
    expect(wayFrom(pinned(0), pinned(2), pinned(1)).name).toBe('key 2');
  });

  it('begins nowhere without one', () => {
    for (const keys of [[], [pinned(9)]]) {
      const way = wayFrom(...keys);
      expect(way).toMatchObject({ source: 'unknown', name: null, statements: [] });
      expect(way.refusal).toMatchObject({ code: 'E_KEY_UNKNOWN', field: 'public_key' });
      expect(way.reason).toBe('no key statement begins at a key you pinned');
    }
  });

  it('counts the statements in its reason', () => {
    expect(wayFrom(pinned(2)).reason).toBe(
      'reached from a pinned key by 1 key statement, signed, not shown in the log',
    );
    expect(wayFrom(pinned(1)).reason).toContain('by 2 key statements');
  });

  it('says in its reason how many statements are logged', () => {
    const json = makeChainPackage(TEXTS, signerNumber(3), { isLogged: true });
    const made = parseProofPackage(JSON.stringify(json));
    const [first, ...rest] = made.keyChain;
    const mixed = [{ leafData: first?.leafData ?? '', inclusionProof: null }, ...rest];
    const reasonOf = (items: typeof made.keyChain): string | null =>
      findKeyWay(made.signedTreeHead, [pinned(0)], verifyKeyChain(items, made.signedTreeHead))
        .reason;
    expect(reasonOf(made.keyChain)).toMatch(/by 3 key statements, logged$/);
    expect(reasonOf(mixed)).toMatch(/, 2 logged, 1 signed, not shown in the log$/);
  });
});

describe('a window', () => {
  it('holds the moment at which the key hands over, its end included', () => {
    const handoverMs = rotationTimeMs(1);
    const windows: readonly (readonly [Partial<TrustedKey>, boolean])[] = [
      [{ untilMs: handoverMs }, true],
      [{ untilMs: handoverMs - 1 }, false],
      [{ fromMs: handoverMs }, true],
      [{ fromMs: handoverMs + 1 }, false],
    ];
    for (const [window, isGood] of windows) {
      const way = wayFrom(pinned(1, window));
      expect(way.source).toBe(isGood ? 'chain' : 'unknown');
      if (!isGood) expect(way.refusal).toMatchObject({ code: 'E_KEY_WINDOW', field: 'public_key' });
    }
  });

  it('is told with its ends, or with any time where it has none', () => {
    const beforeMs = Date.UTC(2020, 0, 1);
    const told = (window: Partial<TrustedKey>): string | undefined =>
      wayFrom(pinned(1, window)).refusal?.expected;
    expect(told({ untilMs: beforeMs })).toBe('from any time until 2020-01-01T00:00:00.000Z');
    expect(told({ fromMs: HEAD_TIME_MS })).toBe('from 2026-01-15T10:30:45.000Z until any time');
  });

  it('of the nearest key is final: no older key goes around it', () => {
    const way = wayFrom(pinned(0), pinned(1, { untilMs: rotationTimeMs(1) - 1 }));
    expect(way.refusal?.code).toBe('E_KEY_WINDOW');
  });

  it('of the head’s own key is final: no statement goes around it', () => {
    const way = wayFrom(pinned(0), pinned(3, { untilMs: HEAD_TIME_MS }));
    expect(way).toMatchObject({ source: 'unknown', name: 'key 3' });
    expect(way.refusal).toMatchObject({ code: 'E_KEY_WINDOW', field: 'timestamp' });
  });

  it('may be one of several of the same key', () => {
    const closed = pinned(1, { untilMs: 5, name: 'closed' });
    expect(wayFrom(closed, pinned(1, { name: 'open' })).name).toBe('open');
  });
});

describe('a log', () => {
  it('must be the one that the key is pinned for', () => {
    expect(wayFrom(pinned(0, { log: ORIGIN })).source).toBe('chain');
    const elsewhere = wayFrom(pinned(0, { log: 'other.example' }));
    expect(elsewhere.refusal).toMatchObject({ code: 'E_KEY_UNKNOWN', field: 'log' });
    const own = wayFrom(pinned(0), pinned(3, { log: 'other.example' }));
    expect(own.refusal).toMatchObject({ code: 'E_KEY_UNKNOWN', field: 'log' });
  });
});
