/** Group commit: what shares a batch, who hears of a fault, and what happens at the bounds. @module */
import { describe, expect, it } from 'vitest';
import { Batcher, type BatcherOptions } from '../../src/base/batcher.ts';

class RowFault extends Error {}
class Overloaded extends Error {}

interface Flush {
  readonly rows: readonly string[];
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

/** A writer whose flushes end when the test says so. Results are the rows in brackets. */
function bench(options: Partial<BatcherOptions<string, string>> = {}) {
  const flushes: Flush[] = [];
  const batcher = new Batcher<string, string>({
    flush: (rows) =>
      new Promise((resolve, reject) => {
        flushes.push({
          rows,
          done: () => resolve(rows.map((row) => `[${row}]`)),
          fail: reject,
        });
      }),
    sizeOf: (row) => row.length,
    maxBatchRows: 3,
    maxBatchBytes: 100,
    writers: 1,
    maxWaiting: 10,
    overloaded: () => new Overloaded(),
    isRowFault: (error) => error instanceof RowFault,
    ...options,
  });
  const rowsOf = (i: number): readonly string[] | undefined => flushes[i]?.rows;
  return { batcher, flushes, rowsOf };
}

/** Lets everything run that waits for nothing but other promises. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a batcher', () => {
  it('writes the rows of one turn together, in order, and answers each its own result', async () => {
    const { batcher, flushes, rowsOf } = bench();
    const results = Promise.all(['a', 'b', 'c'].map((row) => batcher.submit(row)));
    await turn();
    expect(rowsOf(0)).toEqual(['a', 'b', 'c']);
    flushes[0]?.done();
    expect(await results).toEqual(['[a]', '[b]', '[c]']);
    expect(flushes).toHaveLength(1);
  });

  it('collects what comes in while it writes, up to the row limit', async () => {
    const { batcher, flushes, rowsOf } = bench();
    const first = batcher.submit('a');
    await turn();
    const others = Promise.all(['b', 'c', 'd', 'e'].map((row) => batcher.submit(row)));
    await turn();
    expect(flushes).toHaveLength(1);
    flushes[0]?.done();
    expect(await first).toBe('[a]');
    await turn();
    expect(rowsOf(1)).toEqual(['b', 'c', 'd']);
    flushes[1]?.done();
    await turn();
    expect(rowsOf(2)).toEqual(['e']);
    flushes[2]?.done();
    expect(await others).toEqual(['[b]', '[c]', '[d]', '[e]']);
  });

  it('keeps a batch below the byte limit, but writes a larger row alone', async () => {
    const { batcher, flushes, rowsOf } = bench({ maxBatchRows: 10, maxBatchBytes: 4 });
    const results = Promise.all(['aa', 'bb', 'c', 'dddddd', 'e'].map((row) => batcher.submit(row)));
    for (let i = 0; i < 4; i += 1) {
      await turn();
      flushes[i]?.done();
    }
    expect(await results).toEqual(['[aa]', '[bb]', '[c]', '[dddddd]', '[e]']);
    expect([0, 1, 2, 3].map(rowsOf)).toEqual([['aa', 'bb'], ['c'], ['dddddd'], ['e']]);
  });

  it('writes as many batches at once as it has writers', async () => {
    const { batcher, flushes, rowsOf } = bench({ maxBatchRows: 1, writers: 2 });
    const results = Promise.all(['a', 'b', 'c'].map((row) => batcher.submit(row)));
    await turn();
    expect(flushes.map(({ rows }) => rows)).toEqual([['a'], ['b']]);
    flushes[1]?.done();
    await turn();
    expect(rowsOf(2)).toEqual(['c']);
    flushes[0]?.done();
    flushes[2]?.done();
    expect(await results).toEqual(['[a]', '[b]', '[c]']);
  });

  it('refuses rows beyond the waiting room at once, and takes them again when there is room', async () => {
    const { batcher, flushes } = bench({ maxWaiting: 2, maxBatchRows: 2 });
    const first = batcher.submit('a');
    await turn(); // being written: it no longer waits
    const waiting = Promise.all([batcher.submit('b'), batcher.submit('c')]);
    await expect(batcher.submit('d')).rejects.toThrow(Overloaded);
    flushes[0]?.done();
    await first;
    await turn();
    const late = batcher.submit('e');
    flushes[1]?.done();
    expect(await waiting).toEqual(['[b]', '[c]']);
    await turn();
    flushes[2]?.done();
    expect(await late).toBe('[e]');
  });

  it('is drained when nothing waits and nothing is being written', async () => {
    const { batcher, flushes } = bench({ maxBatchRows: 1 });
    await batcher.drained();
    const results = Promise.all([batcher.submit('a'), batcher.submit('b')]);
    let drained = 0;
    const both = [batcher.drained(), batcher.drained()].map((promise) =>
      promise.then(() => {
        drained += 1;
      }),
    );
    await turn();
    flushes[0]?.done();
    await turn();
    expect(drained).toBe(0);
    flushes[1]?.done();
    await results;
    await Promise.all(both);
    expect(drained).toBe(2);
  });

  it('is drained after a failed write too', async () => {
    const { batcher, flushes } = bench();
    const result = batcher.submit('a');
    const drained = batcher.drained();
    await turn();
    flushes[0]?.fail(new Error('no database'));
    await expect(result).rejects.toThrow('no database');
    await drained;
  });
});

describe('a failing batch', () => {
  it('is told to each of its rows once, and later rows are written', async () => {
    const { batcher, flushes } = bench();
    const results = Promise.allSettled([batcher.submit('a'), batcher.submit('b')]);
    await turn();
    const failure = new Error('no database');
    flushes[0]?.fail(failure);
    expect(await results).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    expect(flushes).toHaveLength(1);
    const next = batcher.submit('c');
    await turn();
    flushes[1]?.done();
    expect(await next).toBe('[c]');
  });

  it('fails its rows when it answers fewer results than rows', async () => {
    const { batcher } = bench({ flush: async (rows) => rows.slice(1) });
    const results = await Promise.allSettled([batcher.submit('a'), batcher.submit('b')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('fails its rows when the writer throws before its first await', async () => {
    const { batcher } = bench({
      flush: () => {
        throw new Error('at once');
      },
    });
    await expect(batcher.submit('a')).rejects.toThrow('at once');
    await batcher.drained();
  });
});

describe('a poison row', () => {
  it('costs about two writes for each halving, not one for each row', async () => {
    let writes = 0;
    const { batcher } = bench({
      maxBatchRows: 256,
      maxBatchBytes: Number.POSITIVE_INFINITY,
      maxWaiting: 256,
      flush: async (rows) => {
        writes += 1;
        if (rows.includes('77')) throw new RowFault();
        return rows;
      },
    });
    const rows = Array.from({ length: 256 }, (_, i) => `${i}`);
    const results = await Promise.allSettled(rows.map((row) => batcher.submit(row)));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(writes).toBe(1 + 2 * 8);
  });

  it('is not looked for when the fault is not of a row', async () => {
    let writes = 0;
    const { batcher } = bench({
      flush: async () => {
        writes += 1;
        throw new Error('connection lost');
      },
    });
    await Promise.allSettled(['a', 'b', 'c'].map((row) => batcher.submit(row)));
    expect(writes).toBe(1);
  });
});
