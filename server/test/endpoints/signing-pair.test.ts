import { expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import {
  activeKeysOf,
  encodePair,
  makePair,
  parseGivenPair,
  placeOfPair,
  publicKeyOf,
} from '../../src/endpoints/signing-pair.ts';
import { makeSigningSecret } from '../../src/endpoints/signing-secret.ts';

const [V1, V1A] = [makeSigningSecret('v1'), makeSigningSecret('v1a')];

it('is made of what is given, and of new secrets for the rest', () => {
  expect(parseGivenPair({ v1: V1, v1a: V1A })).toEqual({
    kind: 'pair',
    pair: { v1: V1, v1a: V1A },
  });
  const half = parseGivenPair({ v1: V1 });
  expect(half).toMatchObject({ kind: 'pair', pair: { v1: V1 } });
  const [one, two] = [makePair(), makePair()];
  expect(new Set([one.v1, two.v1, one.v1a, two.v1a]).size).toBe(4);
});

it.each<[Record<string, string>, string[]]>([
  [{ v1: V1A }, ['v1']],
  [{ v1a: V1 }, ['v1a']],
  [{ v1: 'whsec_canary', v1a: 'whsk_canary' }, ['v1', 'v1a']],
  [{ v1: '' }, ['v1']],
])('faults of %j are named without repeating it', (given, versions) => {
  const parsed = parseGivenPair(given);
  expect(parsed.kind === 'faults' && parsed.faults.map(({ version }) => version)).toEqual(versions);
  expect(JSON.stringify(parsed)).not.toMatch(/canary|whs.{1,3}_[\w+/]{9}/);
});

it('gives the keys of the versions that are wanted, with its end', () => {
  const stored = encodePair({ v1: V1, v1a: V1A });
  const versions = (...wanted: ('v1' | 'v1a')[]) =>
    activeKeysOf(stored, wanted, 7).map(({ signingKey, untilMs }) => [signingKey.version, untilMs]);
  expect(versions('v1', 'v1a')).toEqual([
    ['v1', 7],
    ['v1a', 7],
  ]);
  expect(versions('v1a')).toEqual([['v1a', 7]]);
  expect(activeKeysOf(stored, ['v1a'], null)[0]?.signingKey.publicKey).toBe(
    publicKeyOf({ v1: V1, v1a: V1A }),
  );
});

it.each(['', '{}', 'null', JSON.stringify({ v1: V1A, v1a: V1 })])('is not read from %j', (stored) =>
  expect(() => activeKeysOf(stored, ['v1'], null)).toThrow(),
);

it('is sealed for its endpoint', () => {
  const [one, two] = [newId<'endpoint'>(0), newId<'endpoint'>(0)];
  expect(placeOfPair(one)).not.toBe(placeOfPair(two));
});
