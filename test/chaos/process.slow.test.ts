import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ChaosSite, openChaosSite } from '../support/chaos-site.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const CLOCK_JUMP = fileURLToPath(new URL('../support/clock-jump.mjs', import.meta.url));
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let site: ChaosSite;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await openChaosSite(database.connectionString);
});
afterEach(async () => {
  await site.close();
  await database.drop();
});

it('a worker that was stopped past its leases changes nothing when it goes on', async () => {
  const first = await site.start();
  await site.receiver.answer('hang');
  const stopped = new AbortController();
  const sending = site.keepSending(2, stopped.signal);
  await site.receiver.arrived(3);
  stopped.abort();
  await sending;
  first?.signal('SIGSTOP');
  await site.receiver.answer(200);
  const held = site.receiver.arrivals.length;
  const second = await site.start();
  // Only the second one works now: it finds the leases of the first over, and sends anew.
  await site.allEnded();
  expect(site.receiver.arrivals.length).toBeGreaterThan(held);
  first?.signal('SIGCONT');
  expect(await first?.end()).toMatchObject({ code: 0 });
  expect(await second?.end()).toMatchObject({ code: 0 });
  const { leaves } = await site.check();
  expect(leaves.some(({ outcome }) => outcome === 'unknown')).toBe(true);
});

it('a wall clock that jumps an hour ahead and an hour back', async () => {
  const server = await site.start({ NODE_OPTIONS: `--import ${CLOCK_JUMP}` });
  const stopped = new AbortController();
  const sending = site.keepSending(2, stopped.signal);
  for (let jump = 1; jump <= 6; jump++) {
    await site.receiver.arrived(site.receiver.arrivals.length + 5);
    await site.remember();
    server?.signal('SIGUSR2');
  }
  stopped.abort();
  await sending;
  await site.allEnded();
  expect(await server?.end()).toMatchObject({ code: 0 });
  // Heads in their order have growing times, whatever the clock said.
  const { heads } = await site.check({ nowMs: Date.now() + 2 * HOUR_MS });
  expect(heads.length).toBeGreaterThan(1);
});

it('a destination that hangs, breaks off and answers half', async () => {
  const server = await site.start();
  const stopped = new AbortController();
  const sending = site.keepSending(2, stopped.signal);
  for (const behaviour of ['hang', 'reset', 'half', 500, 'endless'] as const) {
    await site.receiver.answer(behaviour);
    await site.receiver.arrived(site.receiver.arrivals.length + 3);
  }
  await site.receiver.answer(200);
  stopped.abort();
  await sending;
  await site.allEnded();
  expect(await server?.end()).toMatchObject({ code: 0 });
  const { leaves } = await site.check();
  const outcomes = new Set(leaves.map(({ outcome, error }) => error ?? outcome));
  expect(outcomes).toEqual(new Set(['delivered', 'rejected', 'timeout', 'reset']));
}, 300_000);

it('two servers on one database make one tree and deliver each event once', async () => {
  const servers = [await site.start(), await site.start()];
  const stopped = new AbortController();
  const sending = site.keepSending(4, stopped.signal);
  await site.receiver.arrived(300);
  stopped.abort();
  await sending;
  await site.allEnded();
  for (const server of servers) expect(await server?.end()).toMatchObject({ code: 0 });
  const { leaves } = await site.check();
  expect(leaves.length).toBe(site.receiver.arrivals.length);
});
