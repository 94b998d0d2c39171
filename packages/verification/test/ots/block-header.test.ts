/** Block headers: the true one of a block passes, and each change of its work, target or length is refused. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bitsOfTarget,
  displayHash,
  parseBlockHeader,
  targetOfBits,
} from '../../src/ots/block-header.ts';
import { expectRefusal } from '../refusal.ts';
import { EASY_BITS, mine, shownHash } from './make-headers.ts';

const MAINNET_BITS = 0x1d00ffff;
const TEXT = readFileSync(
  new URL('../../../../fixtures/ots/block-358391.hex', import.meta.url),
  'utf8',
);

function block358391(): Uint8Array {
  return new Uint8Array(Buffer.from(TEXT.trim(), 'hex'));
}

describe('a header', () => {
  it('of block 358391 says what explorers say', () => {
    const header = parseBlockHeader(block358391(), MAINNET_BITS);
    expect(displayHash(header.hash)).toBe(
      '000000000000000003e892881a8cdcdc117c06d444057c98b6f04a9ee75a2319',
    );
    expect(displayHash(header.merkleRoot)).toBe(
      '8a1b66ecb7cbd07d8139a7e7d7f2c41aab1f5009b8364aaf61d03ad245e47e00',
    );
    expect(header.time).toBe(1_432_827_678);
    expect(header.bits).toBe(0x181686f5);
  });

  it('is refused with any one bit changed: its work is gone', () => {
    for (let i = 0; i < 640; i++) {
      const changed = block358391();
      changed[i >> 3] = (changed[i >> 3] as number) ^ (1 << (i & 7));
      const { rule } = expectRefusal('E_ANCHOR_MISMATCH', () =>
        parseBlockHeader(changed, MAINNET_BITS),
      );
      expect(rule).toMatch(/^header-(?:work|target)$/);
    }
  });

  it.each([0, 79, 81, 160])('of %i bytes is refused', (length) => {
    const { rule } = expectRefusal('E_ANCHOR_MISMATCH', () =>
      parseBlockHeader(new Uint8Array(length), MAINNET_BITS),
    );
    expect(rule).toBe('header-bytes');
  });

  it('is left as it was, in a buffer too', () => {
    const buffer = Buffer.from(block358391());
    const header = parseBlockHeader(buffer, MAINNET_BITS);
    displayHash(header.merkleRoot);
    displayHash(Buffer.from(header.hash));
    expect(new Uint8Array(buffer)).toEqual(block358391());
    const root = Buffer.from(header.merkleRoot);
    expect(displayHash(root)).toBe(displayHash(root));
  });

  it('is read out of a longer buffer', () => {
    const padded = new Uint8Array([9, ...block358391(), 9]).subarray(1, 81);
    expect(parseBlockHeader(padded, MAINNET_BITS).bits).toBe(0x181686f5);
  });

  it('with an easy target is refused where the chain has harder ones', () => {
    const easy = mine();
    expect(displayHash(parseBlockHeader(easy, EASY_BITS).hash)).toBe(shownHash(easy));
    const { rule } = expectRefusal('E_ANCHOR_MISMATCH', () => parseBlockHeader(easy, MAINNET_BITS));
    expect(rule).toBe('header-target');
  });

  it.each([
    ['negative', 0x1d80ffff],
    ['zero', 0x1d000000],
    ['of 257 bits', 0x21010000],
    ['nothing after the shift', 0x01000001],
  ])('with a target that is %s is refused', (_, bits) => {
    const { rule } = expectRefusal('E_ANCHOR_MISMATCH', () =>
      parseBlockHeader(mine({ bits }), 0x2100ffff),
    );
    expect(rule).toBe('header-target');
  });
});

describe('compact bits', () => {
  it.each([0x1d00ffff, 0x181686f5, 0x207fffff, 0x03123456, 0x1b0404cb])('%i come back', (bits) => {
    expect(bitsOfTarget(targetOfBits(bits) ?? 0n)).toBe(bits);
  });

  it('never set the bit of the sign', () => {
    expect(bitsOfTarget(0x800000n)).toBe(0x04008000);
    expect(targetOfBits(0x04008000)).toBe(0x800000n);
    expect(bitsOfTarget(0x7fn)).toBe(0x017f0000);
  });
});
