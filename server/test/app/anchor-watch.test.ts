/** What is seen of the anchoring from outside: gauges, and a line when the waiting gets worse. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type AnchorWatch, watchAnchors } from '../../src/app/anchor-watch.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { type AnchorBench, HOUR_MS, openAnchorBench } from '../support/anchor-bench.ts';
import { openJournal } from '../support/journal.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';

let bench: Bench;
let anchors: AnchorBench;
let watch: AnchorWatch;
beforeAll(async () => {
  bench = await openBench();
  anchors = await openAnchorBench(bench.pool);
});
afterAll(async () => {
  await watch.stop();
  await anchors.close();
  await bench.close();
});

it('counts, and says once that anchors are late, and once that they are stuck', async () => {
  const metrics = createMetrics({ process: false });
  const journal = openJournal();
  const clock = new ManualClock(anchors.clock.nowMs());
  await anchors.grow(1);
  await anchors.stamp();
  await anchors.run();
  const looked = async (waitingS: number) =>
    vi.waitFor(
      async () => {
        const { text } = await metrics.scrape();
        expect(text).toContain(`kapsel_anchor_waiting_seconds ${waitingS}\n`);
        // The look is over: the loop waits for the next.
        expect(clock.sleeping).toBe(1);
        return text;
      },
      { interval: 5, timeout: 5_000 },
    );
  watch = watchAnchors({ pool: bench.pool, clock, logger: journal, metrics });
  expect(await looked(0)).toContain('kapsel_anchors{status="pending"} 1\n');
  const after = async (hours: number, total: number) => {
    clock.advance(hours * HOUR_MS);
    return looked(total * 3_600);
  };
  await after(23, 23);
  expect(journal.lines).toEqual([]);
  await after(1, 24);
  await after(1, 25);
  await after(47, 72);
  await after(1, 73);
  expect(journal.lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
    'warn anchors are late',
    'error anchors are stuck',
  ]);
  expect(journal.lines[0]).toMatchObject({ log: anchors.log.origin, tree_size: 1 });
  for (const calendar of anchors.calendars) calendar.confirm();
  anchors.clock.advance(73 * HOUR_MS);
  await anchors.run();
  watch.wake();
  const text = await looked(0);
  expect(text).toContain('kapsel_anchors{status="confirmed"} 1\n');
  expect(text).toContain(`kapsel_anchor_age_seconds{log="${anchors.log.origin}"} ${73 * 3_600}\n`);
});
