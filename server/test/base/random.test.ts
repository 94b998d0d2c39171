/** Chance for jitter stays between 0 and 1 and is not a constant. @module */
import { expect, it } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';

it('gives different numbers from 0 inclusive to 1 exclusive', () => {
  const numbers = Array.from({ length: 1_000 }, systemRandom);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(numbers).size).toBeGreaterThan(990);
});
