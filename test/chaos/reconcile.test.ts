import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ChaosSite, openChaosSite } from '../support/chaos-site.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Journal, reconcile } from '../support/reconcile.ts';

let database: TestDatabase;
let site: ChaosSite;
let journal: Journal;

beforeAll(async () => {
  database = await createTestDatabase();
  site = await openChaosSite(database.connectionString);
  const server = await site.start();
  const stopped = new AbortController();
  const sending = site.keepSending(1, stopped.signal);
  await site.receiver.arrived(3);
  stopped.abort();
  await sending;
  await site.allEnded();
  // Until a head is signed over the first leaf there is no package of it.
  await vi.waitFor(
    async () => {
      await site.remember();
      if (site.journal().packages.length === 0) throw new Error('no package yet');
    },
    { interval: 50, timeout: 20_000 },
  );
  await server?.end();
  journal = site.journal();
});
afterAll(async () => {
  await site.close();
  await database.drop();
});

const [ID, HASH] = [randomUUID(), 'ab'.repeat(32)];

/** What each failure of a server would look like from outside. */
const FAULTS: Readonly<Record<string, () => Partial<Journal>>> = {
  'an accepted event that is not there': () => ({
    accepted: new Map([['key', { eventId: ID, body: 'body' }]]),
  }),
  'an event with other bytes than were accepted': () => ({
    accepted: new Map([...journal.accepted].map(([key, told]) => [key, { ...told, body: 'x' }])),
  }),
  'one event for two keys': () => {
    const [[key, told] = ['', { eventId: '', body: '' }]] = journal.accepted;
    return { accepted: new Map([[key, told]].concat([[`${key}-again`, told]]) as never) };
  },
  'a request that no leaf speaks of': () => ({
    arrivals: [...journal.arrivals, { ...first(), attemptId: ID }],
  }),
  'an attempt that was sent twice': () => ({ arrivals: [...journal.arrivals, first()] }),
  'a request with other bytes than the event has': () => ({
    arrivals: [{ ...first(), sha256: HASH }],
  }),
  'a head of another tree': () => ({
    heads: journal.heads.map((head) =>
      head.replace(/"root_hash":"[0-9a-f]{64}"/, `"root_hash":"${HASH}"`),
    ),
  }),
  'a package that no longer verifies': () => ({
    packages: journal.packages.map(({ text }) => ({ text, publicKey: HASH })),
  }),
};

function first(): Journal['arrivals'][number] {
  const [arrival] = journal.arrivals;
  if (arrival === undefined) throw new Error('nothing arrived');
  return arrival;
}

it('what was promised and what happened agree after a run without failures', async () => {
  const { leaves } = await reconcile(database.connectionString, journal);
  expect(leaves.length).toBe(journal.arrivals.length);
  expect(journal.accepted.size).toBe(journal.arrivals.length);
  expect([journal.heads.length > 0, journal.packages.length]).toEqual([true, 1]);
});

it.each(Object.keys(FAULTS))('notices %s', async (name) => {
  const planted = { ...journal, ...FAULTS[name]?.() };
  await expect(reconcile(database.connectionString, planted)).rejects.toThrow();
});
