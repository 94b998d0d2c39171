/** The known blocks of the Bitcoin chain: their heights, and hashes that were published elsewhere. @module */
import { describe, expect, it } from 'vitest';
import { bitcoinMainnet } from '../../src/ots/mainnet.ts';

describe('mainnet', () => {
  const { pins } = bitcoinMainnet();
  const hashOf = (height: number) => pins.find((pin) => pin.height === height)?.hash;

  it('begins at the genesis block and ends at a period of 2022', () => {
    expect(pins.length).toBe(372);
    expect(hashOf(0)).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
    expect(hashOf(2_015)).toBe('00000000693067b0e6b440bc51450b9f3850561b07f6d3c021c54fbd6abb9763');
    expect(hashOf(358_847)).toBe(
      '000000000000000003816ae80c6413b84cbee2f639ba497ab5872ec9711eb256',
    );
    expect(hashOf(747_935)).toBe(
      '00000000000000000001095f6deb27964f80c74f38217a32044c20265e0f40e3',
    );
  });

  it('has the last block of each period, each below the easiest target', () => {
    expect(pins.slice(1).every(({ height }, i) => height === 2_016 * (i + 1) - 1)).toBe(true);
    expect(pins.every(({ hash }) => /^0{8}[0-9a-f]{56}$/.test(hash))).toBe(true);
    expect(new Set(pins.map(({ hash }) => hash)).size).toBe(372);
  });

  it('is made once', () => {
    expect(bitcoinMainnet()).toBe(bitcoinMainnet());
  });
});
