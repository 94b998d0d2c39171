/** The sweep of share links: what was over long ago goes, all else stays. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { insertShareLink, listShareLinks } from '../../src/proofs/share-store.ts';
import { KEPT_MS, startLinkSweep } from '../../src/proofs/sweep-links.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('forgets links that have been over for a month, in chunks, and no other', async () => {
  const { tenantId } = await makeLog(bench.pool);
  const attempt = newId<'delivery_attempt'>(START_MS);
  const over = START_MS - KEPT_MS;
  for (const expiresAtMs of [over - 3, over - 2, over - 1, over + 1_000, START_MS + 1]) {
    const id = newId<'share_link'>(START_MS);
    await insertShareLink(bench.pool, tenantId, attempt, { id, expiresAtMs, createdAtMs: 0 });
  }
  const swept: number[] = [];
  const clock = new ManualClock(START_MS);
  const loop = startLinkSweep({
    pool: bench.pool,
    clock,
    chunk: 2,
    onSwept: (count) => swept.push(count),
    onError: (error) => {
      throw error;
    },
  });
  await clock.untilAsked(1); // a full chunk: soon again
  clock.advance(100);
  await clock.untilAsked(2); // then an hour
  await loop.stop();
  expect([swept, clock.asked]).toEqual([
    [2, 1],
    [100, 3_600_000],
  ]);
  const left = await listShareLinks(bench.pool, tenantId, attempt, 10);
  expect(left.map(({ expiresAtMs }) => expiresAtMs).sort()).toEqual([over + 1_000, START_MS + 1]);
});
