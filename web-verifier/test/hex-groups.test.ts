/** Grouping hex and finding the first difference. @module */
import { describe, expect, it } from 'vitest';
import { firstDifferentByte, groupsFromHex, isHex, shortHash } from '../src/hex-groups.ts';

describe('groupsFromHex', () => {
  it('makes groups of four digits that say where they start', () => {
    expect(groupsFromHex('0011223344')).toEqual([
      { byte: 0, digits: '0011' },
      { byte: 2, digits: '2233' },
      { byte: 4, digits: '44' },
    ]);
    expect(groupsFromHex('')).toEqual([]);
  });
});

describe('firstDifferentByte', () => {
  it.each([
    ['0011', '0011', null],
    ['0011', '0111', 0],
    ['0011', '0010', 1],
    ['0011', '001122', 2],
    ['0011', 'no hex', null],
    ['', '00', null],
  ])('compares %j with %j', (left, right, expected) => {
    expect(firstDifferentByte(left, right)).toBe(expected);
    expect(firstDifferentByte(right, left)).toBe(expected);
  });
});

describe('isHex', () => {
  it.each(['', '0', '0G', 'AB', '00 ', '00\n'])('is not fooled by %j', (text) => {
    expect(isHex(text)).toBe(false);
  });
  it('knows whole bytes', () => {
    expect(isHex('00ff')).toBe(true);
  });
});

describe('shortHash', () => {
  it('keeps both ends of a hash and all of a short text', () => {
    expect(shortHash(`12345678${'0'.repeat(48)}9abcdef0`)).toBe('12345678…9abcdef0');
    expect(shortHash('1234')).toBe('1234');
  });
});
