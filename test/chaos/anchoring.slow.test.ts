/** The built server is killed at each step of the anchoring; whoever is started next goes on, and every stamped head comes into its block. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openBitcoin, type TestBitcoin } from '../support/bitcoin.ts';
import { LAB_CHAIN_FILE } from '../support/bitcoin-chain.ts';
import { openCalendar, type TestCalendar } from '../support/calendar.ts';
import { type ChaosSite, openChaosSite } from '../support/chaos-site.ts';
import type { Trigger } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import type { Settings } from '../support/server-process.ts';

let database: TestDatabase;
let client: pg.Client;
let site: ChaosSite;
let bitcoin: TestBitcoin;
let calendars: TestCalendar[];
let folder: string;
let settings: Settings;

beforeEach(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  site = await openChaosSite(database.connectionString);
  bitcoin = await openBitcoin();
  calendars = [await openCalendar(bitcoin.chain), await openCalendar(bitcoin.chain)];
  folder = await mkdtemp(join(tmpdir(), 'kapsel-chain-'));
  const chainFile = join(folder, 'lab.json');
  await writeFile(chainFile, LAB_CHAIN_FILE);
  settings = {
    KAPSEL_ANCHOR_CALENDARS: calendars.map(({ url }) => url).join(','),
    KAPSEL_ANCHOR_INTERVAL_MS: '100',
    KAPSEL_ANCHOR_POLL_MS: '100',
    KAPSEL_ANCHOR_BITCOIN_RPC: bitcoin.rpcUrl,
    KAPSEL_ANCHOR_CHAIN_FILE: chainFile,
  };
});
afterEach(async () => {
  await site.close();
  await Promise.all([bitcoin.close(), ...calendars.map((each) => each.close())]);
  await client.end();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

const before = (statement: RegExp): Trigger => ({ kind: 'before', statement });
const after = (statement: RegExp): Trigger => ({ kind: 'after', statement });

const SAVED = /UPDATE anchors\s+SET ots/;
const COMMITTED = /UPDATE anchors\s+SET ots[\s\S]*COMMIT$/;

/** What the server says to PostgreSQL at each step. */
const POINTS: Readonly<Record<string, Trigger>> = {
  'before the row': before(/INSERT INTO anchors /),
  'after the row, before anybody is asked': after(/INSERT INTO anchors /),
  'after the claim': after(/UPDATE anchors SET lease_until/),
  'after the answers, before they are stored': before(SAVED),
  'in the middle of storing': after(/INSERT INTO anchor_calendars/),
  'before the commit': before(COMMITTED),
  'after the commit': after(COMMITTED),
};

async function rows<Row extends object>(sql: string): Promise<Row[]> {
  return (await client.query<Row>(sql)).rows;
}

it('nothing that was stamped is lost or changed by a kill at any step', async () => {
  const stopped = new AbortController();
  const quiet = new AbortController();
  // Blocks come as long as the test lasts: kills hit promises and confirmations alike.
  const mining = (async () => {
    while (!quiet.signal.aborted) {
      for (const calendar of calendars) calendar.confirm();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  })();
  await (await site.start(settings))?.end();
  const sending = site.keepSending(1, stopped.signal);
  sending.catch(() => undefined); // heard of below
  const stamped = new Map<string, string>();
  for (const [name, trigger] of Object.entries(POINTS)) {
    const server = await site.start(settings);
    const killed = new Promise<void>((resolve) => {
      site.proxy.arm(trigger, () => {
        server?.signal('SIGKILL');
        resolve();
      });
    });
    await killed;
    expect(await server?.ended, name).toMatchObject({ signal: 'SIGKILL' });
    const found = await rows<{ size: string; stamp: string }>(
      `SELECT tree_size::text AS size, encode(note || nonce, 'hex') AS stamp FROM anchors`,
    );
    for (const { size, stamp } of found) {
      expect(stamped.get(size) ?? stamp, `${name}: ${size}`).toBe(stamp);
      stamped.set(size, stamp);
    }
    await site.letTimePass();
    // As if every lease were over.
    await client.query('UPDATE anchors SET lease_until = NULL');
  }
  const last = await site.start(settings);
  stopped.abort();
  await sending;
  await vi.waitFor(
    async () => {
      const left = await rows("SELECT 1 FROM anchors WHERE status <> 'confirmed'");
      expect(left).toEqual([]);
    },
    { interval: 100, timeout: 60_000 },
  );
  quiet.abort();
  await mining;
  await site.allEnded();
  expect(await last?.end()).toMatchObject({ code: 0 });
  const sizes = await rows<{ size: string }>('SELECT tree_size::text AS size FROM anchors');
  expect(sizes.map(({ size }) => size)).toEqual(expect.arrayContaining([...stamped.keys()]));
  expect(stamped.size).toBeGreaterThan(0);
  // Of each anchor one digest alone ever left the house.
  for (const calendar of calendars) {
    const digests = new Set(calendar.digests.map((digest) => digest.toString('hex')));
    expect(digests.size).toBeLessThanOrEqual(sizes.length);
  }
  await site.check();
}, 300_000);
