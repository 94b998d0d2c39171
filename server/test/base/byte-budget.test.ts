import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBudget } from '../../src/base/byte-budget.ts';

it('gives up to its limit, refuses whole, and takes back once', () => {
  const budget = new ByteBudget(10);
  const [a, b] = [budget.open(), budget.open()];
  expect([a.grow(6), b.grow(5), b.grow(4)]).toEqual([true, false, true]);
  expect(budget.usedBytes).toBe(10);
  expect(a.grow(1)).toBe(false);
  expect([budget.hasRoom(0), budget.hasRoom(1)]).toEqual([true, false]);
  a.release();
  a.release();
  expect(budget.usedBytes).toBe(4);
  expect(a.grow(1)).toBe(false);
  expect(b.grow(6)).toBe(true);
  b.release();
  expect(budget.usedBytes).toBe(0);
});

it('never holds more than its limit, and nothing at the end', () => {
  const step = fc.tuple(fc.nat(4), fc.option(fc.nat(60), { nil: null }));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const budget = new ByteBudget(100);
      const leases = Array.from({ length: 5 }, () => budget.open());
      for (const [which, bytes] of steps) {
        if (bytes === null) leases[which]?.release();
        else leases[which]?.grow(bytes);
        expect(budget.usedBytes).toBeLessThanOrEqual(100);
        expect(budget.usedBytes).toBeGreaterThanOrEqual(0);
      }
      for (const lease of leases) lease.release();
      expect(budget.usedBytes).toBe(0);
    }),
    { seed: 20_260_101 },
  );
});
