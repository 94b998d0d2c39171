/** Group commit with poison rows in any places: each caller hears of its own row alone. @module */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Batcher } from '../../src/base/batcher.ts';

class RowFault extends Error {}

const isPoison = (row: string): boolean => row.endsWith('!');

it('isolates poison rows by halving; every sibling is written once, in order', async () => {
  const scenario = fc.record({
    poisoned: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
    maxBatchRows: fc.integer({ min: 1, max: 50 }),
    maxBatchBytes: fc.integer({ min: 1, max: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ poisoned, ...bounds }) => {
      const written: string[] = [];
      const batcher = new Batcher<string, string>({
        ...bounds,
        flush: async (rows) => {
          if (rows.some(isPoison)) throw new RowFault(rows.join());
          written.push(...rows);
          return rows.map((row) => `[${row}]`);
        },
        sizeOf: (row) => row.length,
        writers: 1,
        maxWaiting: 64,
        overloaded: () => new Error('overloaded'),
        isRowFault: (error) => error instanceof RowFault,
      });
      const rows = poisoned.map((bad, i) => `${i}${bad ? '!' : ''}`);
      const results = await Promise.allSettled(rows.map((row) => batcher.submit(row)));
      await batcher.drained();
      expect(written).toEqual(rows.filter((row) => !isPoison(row)));
      const answers = results.map((result) =>
        result.status === 'fulfilled' ? result.value : (result.reason as Error).message,
      );
      expect(answers).toEqual(rows.map((row) => (isPoison(row) ? row : `[${row}]`)));
    }),
    { numRuns: 100 },
  );
});
