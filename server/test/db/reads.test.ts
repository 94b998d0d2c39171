/** Reads of a server without replicas: the primary answers everything, once. */
import { expect, it } from 'vitest';
import { primaryReads } from '../../src/db/reads.ts';
import type { Db } from '../../src/db/transaction.ts';

it('asks the primary once, whatever it answers', async () => {
  const asked: Db[] = [];
  const db = { query: () => undefined } as unknown as Db;
  const reads = primaryReads(db);
  const ask = async (given: Db): Promise<null> => {
    asked.push(given);
    return null;
  };
  expect(await reads.near(ask, (found) => found !== null)).toBeNull();
  expect(await reads.newest(ask)).toBeNull();
  expect(asked).toEqual([db, db]);
});
