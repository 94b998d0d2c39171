/** The loop: it stamps and brings further by itself, with another process beside it, and leaves calendars that are away alone. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { honest } from '../../../test/support/faulty-http.ts';
import type { AnchorStatus } from '../../src/anchors/anchor.ts';
import { createNodeSource } from '../../src/anchors/header-client.ts';
import { type Anchoring, type AnchoringDeps, startAnchoring } from '../../src/anchors/rounds.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type AnchorBench, loopbackClient, openAnchorBench } from '../support/anchor-bench.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let anchors: AnchorBench;
let running: Anchoring[];
let moved: AnchorStatus[];
let errors: unknown[];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  anchors = await openAnchorBench(bench.pool);
  [running, moved, errors] = [[], [], []];
});
afterEach(async () => {
  for (const each of running) await each.stop();
  await anchors.close();
  await bench.pool.query('TRUNCATE anchors, anchor_calendars');
});

/** A process of its own. */
function start(change: Partial<AnchoringDeps> = {}): Anchoring {
  const { log, bitcoin } = anchors;
  const each = startAnchoring({
    ...anchors.deps,
    clock: systemClock,
    client: loopbackClient(),
    sources: [createNodeSource(new URL(bitcoin.rpcUrl), 2_000)],
    intervalMs: 100,
    pace: { pollMs: 100 },
    headOf: async (id) => (id === log.id ? findNewestHead(bench.pool, id) : null),
    onAnchor: () => undefined,
    onMoved: ({ status }, before) => {
      if (status !== before.status) moved.push(status);
    },
    onError: (error) => errors.push(error),
    ...change,
  });
  running.push(each);
  return each;
}

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { interval: 10, timeout: 10_000 });

const statusOf = async (): Promise<AnchorStatus> => (await anchors.anchor()).status;

describe('one process', () => {
  it('goes all the way, and stops in the middle of nothing', async () => {
    await anchors.grow(2);
    const anchoring = start();
    await until(async () => expect(await statusOf()).toBe('pending'));
    for (const calendar of anchors.calendars) calendar.confirm();
    await until(async () => expect(await statusOf()).toBe('confirmed'));
    await until(() => expect(moved).toEqual(['pending', 'confirmed']));
    await anchoring.stop();
    expect(errors).toEqual([]);
  });

  it('leaves a calendar that is away alone, longer each time, and the other one is asked as before', async () => {
    await anchors.grow(2);
    const [a, b] = anchors.calendars;
    a.fault = () => 'reset';
    start({ pace: { pollMs: 60 } });
    await until(() => expect(b.requests.length).toBeGreaterThan(12));
    expect(a.requests.length).toBeLessThan(b.requests.length / 2);
    a.fault = honest;
    await until(async () => {
      const { calendars } = await anchors.anchor();
      expect(calendars.map(({ state }) => state)).toEqual(['pending', 'pending']);
    });
  });

  it('ends at once while a calendar hangs, and another process goes on without waiting for a lease', async () => {
    await anchors.grow(2);
    for (const calendar of anchors.calendars) calendar.fault = () => 'hang';
    const hung = start({ client: loopbackClient(60_000) });
    await until(() =>
      expect(anchors.calendars.flatMap(({ requests }) => requests)).toHaveLength(2),
    );
    const startedMs = systemClock.monotonicMs();
    await hung.stop();
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(1_000);
    expect(await statusOf()).toBe('new');
    for (const calendar of anchors.calendars) calendar.fault = honest;
    start();
    await until(async () => expect(await statusOf()).toBe('pending'));
    const digests = anchors.calendars.flatMap(({ digests }) =>
      digests.map((each) => each.toString('hex')),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it('goes on after the database was away', async () => {
    await anchors.grow(2);
    let isAway = true;
    const pool = new Proxy(bench.pool, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (key === 'query' && isAway) return () => Promise.reject(new Error('away'));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    start({ pool });
    await until(() => expect(errors.length).toBeGreaterThan(0));
    isAway = false;
    await until(async () => expect(await statusOf()).toBe('pending'));
  });
});

describe('two processes', () => {
  it('share the anchors: each is stamped once, and asked for by one at a time', async () => {
    await anchors.grow(2);
    start();
    start();
    await until(async () => expect(await statusOf()).toBe('pending'));
    expect(anchors.calendars.map(({ digests }) => digests.length)).toEqual([1, 1]);
    for (const calendar of anchors.calendars) calendar.confirm();
    await until(async () => expect(await statusOf()).toBe('confirmed'));
    expect(moved.filter((status) => status === 'confirmed')).toHaveLength(1);
    expect(errors).toEqual([]);
  });
});

describe('new settings', () => {
  it('send what waits to a calendar that was not known before', async () => {
    await anchors.grow(2);
    const [first, second] = anchors.deps.calendars;
    if (first === undefined || second === undefined) throw new TypeError('two calendars');
    const alone = start({ calendars: [first] });
    await until(async () => expect(await statusOf()).toBe('pending'));
    await alone.stop();
    await bench.pool.query("UPDATE anchors SET next_check = now() + interval '1 day'");
    start({ calendars: [first, second] });
    const [, b] = anchors.calendars;
    await until(() => expect(b.digests).toHaveLength(1));
  });
});
