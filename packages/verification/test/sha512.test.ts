/** SHA-512 against node:crypto: every length around the blocks, and long messages. @module */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hexFromBytes, utf8FromString } from '../src/bytes.ts';
import { sha512 } from '../src/sha512.ts';

function expectSame(message: Uint8Array): void {
  const wanted = createHash('sha512').update(message).digest('hex');
  expect(hexFromBytes(sha512(message))).toBe(wanted);
}

it('gives the example of FIPS 180', () => {
  expect(hexFromBytes(sha512(utf8FromString('abc')))).toBe(
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  );
});

it('agrees on every length up to three blocks', () => {
  const all = Uint8Array.from({ length: 400 }, (_, i) => (91 * i + 7) % 253);
  for (let length = 0; length <= all.length; length++) expectSame(all.subarray(0, length));
});

it('agrees on random messages', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_000 }), (message) => expectSame(message)),
    { seed: 180, numRuns: 100 },
  );
});
