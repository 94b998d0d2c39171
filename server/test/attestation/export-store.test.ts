/** How far a log was exported: a row that never goes back. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findExportedSize, saveExportedSize } from '../../src/attestation/export-store.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('keeps the largest size of each sink', async () => {
  const { pool } = bench;
  const { id } = await makeLog(pool);
  expect(await findExportedSize(pool, id, 'a')).toBe(0);
  expect(await saveExportedSize(pool, id, 'a', 10, START_MS)).toBe(10);
  expect(await saveExportedSize(pool, id, 'a', 7, START_MS + 1)).toBe(10);
  expect(await saveExportedSize(pool, id, 'b', 3, START_MS)).toBe(3);
  expect(await findExportedSize(pool, id, 'a')).toBe(10);
  expect(await findExportedSize(pool, id, 'b')).toBe(3);
});
