import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer, SealError } from '../../src/base/seal.ts';

const KEY = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const sealer = createSealer(KEY);

describe('a sealed secret', () => {
  it('opens again, whatever it says and wherever it belongs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (secret, place) => {
        expect(sealer.open(sealer.seal(secret, place), place)).toBe(secret);
      }),
      { seed: 20_260_101, numRuns: 200 },
    );
  });

  it('shows nothing of the secret but its length, and never looks the same twice', () => {
    const first = sealer.seal('canary', 'a');
    expect(first.includes('canary')).toBe(false);
    expect(first).toHaveLength(1 + 8 + 12 + 6 + 16);
    expect(sealer.seal('canary', 'a').equals(first)).toBe(false);
  });

  it('does not open after any change of one bit, cut short, or in another place', () => {
    const sealed = sealer.seal('secret', 'here');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.open(changed, 'here'), `bit ${bit}`).toThrow(SealError);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => sealer.open(sealed.subarray(0, length), 'here')).toThrow(SealError);
    }
    expect(() => sealer.open(sealed, 'there')).toThrow(SealError);
  });

  it('opens under an older key that is still known, and says that it is not current', () => {
    const old = createSealer(OTHER).seal('secret', 'here');
    expect(() => sealer.open(old, 'here')).toThrow(SealError);
    const both = createSealer(KEY, [OTHER]);
    expect(both.open(old, 'here')).toBe('secret');
    expect(both.isCurrent(old)).toBe(false);
    expect(both.isCurrent(both.seal('secret', 'here'))).toBe(true);
  });

  it('opens where its bytes are a view of a larger buffer', () => {
    const sealed = sealer.seal('secret', 'here');
    const around = Buffer.concat([Buffer.alloc(7), sealed, Buffer.alloc(7)]);
    expect(
      sealer.open(new Uint8Array(around.buffer, around.byteOffset + 7, sealed.length), 'here'),
    ).toBe('secret');
  });
});

it('a key of another size is none', () => {
  expect(() => createSealer(new Uint8Array(31))).toThrow(RangeError);
});
