/** Chain files: parameters of a chain that is not built in are read strictly. @module */
import { describe, expect, it } from 'vitest';
import { parseChainParameters } from '../../src/ots/chain.ts';
import { expectRefusal } from '../refusal.ts';

const HASH = 'ff'.padStart(64, '0');
const GOOD = {
  format: 'kapsel.chain/v1',
  name: 'lab 1',
  pow_limit_bits: '207fffff',
  retargets: false,
  pins: [{ height: 0, hash: HASH }],
};

describe('a chain file', () => {
  it('is read', () => {
    expect(parseChainParameters(JSON.stringify(GOOD))).toEqual({
      name: 'lab 1',
      powLimitBits: 0x207fffff,
      retargets: false,
      pins: [{ height: 0, hash: HASH }],
    });
  });

  it.each([
    ['format', { format: 'kapsel.chain/v2' }],
    ['name', { name: '' }],
    ['name', { name: 'a"b' }],
    ['name', { name: 'a'.repeat(65) }],
    ['pow_limit_bits', { pow_limit_bits: '207FFFFF' }],
    ['pow_limit_bits', { pow_limit_bits: '00000000' }],
    ['retargets', { retargets: 0 }],
    ['pins[0].hash', { pins: [{ height: 0, hash: 'ff' }] }],
    ['pins[0].height', { pins: [{ height: -1, hash: HASH }] }],
    ['genesis', { genesis: HASH }],
  ])('is refused for its %s', (field, change) => {
    const text = JSON.stringify({ ...GOOD, ...change });
    expect(expectRefusal('E_FIELD', () => parseChainParameters(text)).field).toBe(field);
  });

  it('is refused where it is no JSON, or too long', () => {
    expectRefusal('E_JSON', () => parseChainParameters('{'));
    expectRefusal('E_TOO_LARGE', () => parseChainParameters(new Uint8Array(1_048_577)));
  });
});
