import { expect, test } from 'vitest';
import { assertHash, assertSize, isRightChild, parentOf } from '../src/node-id.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

test('two neighbours share a parent, the odd one is the right child', () => {
  expect(parentOf({ level: 3, index: 10 })).toEqual({ level: 4, index: 5 });
  expect(parentOf({ level: 3, index: 11 })).toEqual({ level: 4, index: 5 });
  expect(isRightChild({ level: 3, index: 10 })).toBe(false);
  expect(isRightChild({ level: 3, index: 11 })).toBe(true);
});

test('keeps indexes above 2^31 and 2^32 whole', () => {
  expect(parentOf({ level: 0, index: 2 ** 33 + 1 })).toEqual({ level: 1, index: 2 ** 32 });
  expect(parentOf({ level: 0, index: LARGEST })).toEqual({ level: 1, index: 2 ** 52 - 1 });
  expect(isRightChild({ level: 0, index: 2 ** 31 })).toBe(false);
  expect(isRightChild({ level: 0, index: LARGEST })).toBe(true);
});

test('refuses sizes that are no exact integers', () => {
  for (const size of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    expect(() => assertSize('size', size)).toThrow(RangeError);
  }
  expect(() => assertSize('size', 0)).not.toThrow();
  expect(() => assertSize('size', LARGEST)).not.toThrow();
});

test('refuses hashes of another length', () => {
  for (const length of [0, 31, 33]) {
    expect(() => assertHash('hash', new Uint8Array(length))).toThrow(TypeError);
  }
  expect(() => assertHash('hash', new Uint8Array(32))).not.toThrow();
});
