/** The anchoring as a whole: counts, what waits longest, and what new settings make due. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  countAnchors,
  findOldestWaiting,
  listNewestConfirmed,
  wakeForCalendars,
  wakeUnchecked,
} from '../../src/anchors/overview-store.ts';
import { type AnchorBench, HOUR_MS, MINUTE_MS, openAnchorBench } from '../support/anchor-bench.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let anchors: AnchorBench;
beforeAll(async () => {
  bench = await openBench();
  anchors = await openAnchorBench(bench.pool);
});
afterAll(async () => {
  await anchors.close();
  await bench.close();
});

it('counts, finds what waits longest, and wakes what was stored before there was a header source', async () => {
  const { pool } = bench;
  const stampedAtMs = anchors.clock.nowMs();
  await anchors.grow(1);
  await anchors.stamp();
  await anchors.run({ sources: [] });
  expect([...(await countAnchors(pool))]).toEqual([['pending', 1]]);
  expect(await findOldestWaiting(pool)).toEqual({
    origin: anchors.log.origin,
    treeSize: 1,
    stampedAtMs,
  });
  for (const calendar of anchors.calendars) calendar.confirm();
  await anchors.after(11 * MINUTE_MS, { sources: [] });
  expect([...(await countAnchors(pool))]).toEqual([['header_not_given', 1]]);
  expect(await findOldestWaiting(pool)).toBeNull();
  // Nothing is due any more, until somebody names a source.
  expect((await anchors.after(100 * HOUR_MS)).status).toBe('header_not_given');
  expect(await wakeUnchecked(pool, anchors.clock.nowMs())).toBe(1);
  expect((await anchors.after(0)).status).toBe('confirmed');
  expect(await listNewestConfirmed(pool)).toEqual([{ origin: anchors.log.origin, stampedAtMs }]);
});

it('wakes what waits for a block and was never sent to a calendar that is new', async () => {
  const { pool } = bench;
  await anchors.after(2 * HOUR_MS);
  await anchors.grow(1);
  await anchors.stamp();
  await anchors.run();
  const [a, b] = anchors.deps.calendars;
  const urls = [a, b].map((each) => each?.url ?? '');
  expect(await wakeForCalendars(pool, urls, anchors.clock.nowMs())).toBe(0);
  // The confirmed one has its block already.
  const wake = await wakeForCalendars(pool, [...urls, 'https://c.example'], anchors.clock.nowMs());
  expect(wake).toBe(1);
  const asked = anchors.calendars.map(({ digests }) => digests.length);
  await anchors.run();
  expect(anchors.calendars.map(({ digests }) => digests.length)).toEqual(asked);
});
