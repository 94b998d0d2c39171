/** Numbers of trees beyond 32 and 53 bits. @module */
import { describe, expect, it } from 'vitest';
import {
  assertHashLength,
  assertHashLengths,
  bitLength,
  countOnes,
  MAX_TREE_SIZE,
  trailingZeros,
  treeNumber,
} from '../src/tree-numbers.ts';
import { expectRefusal } from './refusal.ts';

describe('tree numbers', () => {
  it('counts bits of large numbers', () => {
    expect(MAX_TREE_SIZE).toBe(9_223_372_036_854_775_807n);
    expect([0n, 1n, 2n, 255n, 256n, 2n ** 32n, MAX_TREE_SIZE].map(bitLength)).toEqual([
      0, 1, 2, 8, 9, 33, 63,
    ]);
    expect([0n, 1n, 6n, 2n ** 62n, MAX_TREE_SIZE].map(countOnes)).toEqual([0, 1, 2, 1, 63]);
    expect([1n, 2n, 12n, 2n ** 62n].map(trailingZeros)).toEqual([0, 1, 2, 62]);
  });

  it('takes numbers and bigints, and refuses numbers that are no exact integers', () => {
    expect(treeNumber(7, 'x')).toBe(7n);
    expect(treeNumber(2n ** 60n, 'x')).toBe(2n ** 60n);
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(expectRefusal('E_INDEX_RANGE', () => treeNumber(value, 'size')).field).toBe('size');
    }
  });

  it('refuses hashes of another length', () => {
    expectRefusal('E_FIELD', () => assertHashLength(new Uint8Array(31), 'root'));
    expectRefusal('E_FIELD', () => assertHashLength(new Uint8Array(33), 'root'));
    expect(() => assertHashLength(new Uint8Array(32), 'root')).not.toThrow();
  });

  it('names the one hash of a list that has another length', () => {
    const good = new Uint8Array(32);
    expect(() => assertHashLengths([], 'path')).not.toThrow();
    expect(() => assertHashLengths([good, good], 'path')).not.toThrow();
    for (const bad of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(0)]) {
      const call = () => assertHashLengths([good, good, bad, good], 'path');
      expect(expectRefusal('E_FIELD', call).field).toBe('path[2]');
    }
    expect(
      expectRefusal('E_FIELD', () => assertHashLengths([new Uint8Array(31), good], 'path')).field,
    ).toBe('path[0]');
  });
});
