/** Anchoring as the settings say: what they may be, what is written to log and metrics, and that nobody waits for a dead calendar. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LAB_CHAIN_FILE } from '../../../test/support/bitcoin-chain.ts';
import { faultOn, UPGRADE_FAULTS } from '../../../test/support/calendar.ts';
import { honest } from '../../../test/support/faulty-http.ts';
import { type Anchors, planAnchors, startAnchors } from '../../src/app/anchoring.ts';
import { rulesFromConfig } from '../../src/app/egress.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type Config, ConfigError, readConfig } from '../../src/base/config.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { type AnchorBench, openAnchorBench } from '../support/anchor-bench.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

const PUBLIC = 'https://a.pool.opentimestamps.org,https://a.pool.eternitywall.com';

let bench: Bench;
let anchors: AnchorBench;
let folder: string;
let chainFile: string;
let journal: Journal;
let metrics: Metrics;
let running: Anchors[];
beforeAll(async () => {
  bench = await openBench();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-anchoring-'));
  chainFile = join(folder, 'chain.json');
  await writeFile(chainFile, LAB_CHAIN_FILE);
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  anchors = await openAnchorBench(bench.pool);
  journal = openJournal();
  metrics = createMetrics({ process: false });
  running = [];
});
afterEach(async () => {
  for (const each of running) await each.stop();
  await anchors.close();
  await bench.pool.query('TRUNCATE anchors, anchor_calendars');
});

function configOf(change: Record<string, string> = {}): Config {
  return readConfig({
    KAPSEL_ALLOW_HTTP: '1',
    KAPSEL_EGRESS_ALLOW: '127.0.0.1',
    KAPSEL_ANCHOR_CALENDARS: anchors.calendars.map(({ url }) => url).join(', '),
    KAPSEL_ANCHOR_INTERVAL_MS: '100',
    KAPSEL_ANCHOR_POLL_MS: '100',
    KAPSEL_ANCHOR_CHAIN_FILE: chainFile,
    ...change,
  });
}

function start(change: Record<string, string> = {}): Anchors | null {
  const config = configOf(change);
  const started = startAnchors({
    plan: planAnchors(config),
    pool: bench.pool,
    clock: systemClock,
    random: () => 0.5,
    rules: rulesFromConfig(config),
    headOf: async (id) => (id === anchors.log.id ? findNewestHead(bench.pool, id) : null),
    logger: journal,
    metrics,
  });
  if (started !== null) running.push(started);
  return started;
}

const until = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { interval: 10, timeout: 10_000 });
const events = (): string[] => journal.lines.map(({ event }) => event);
const withNode = () => ({ KAPSEL_ANCHOR_BITCOIN_RPC: anchors.bitcoin.rpcUrl });

describe('the settings', () => {
  it('name no calendar: then nothing is anchored', () => {
    expect(start({ KAPSEL_ANCHOR_CALENDARS: '' })).toBeNull();
  });

  const faultOf = (change: Record<string, string>): unknown => {
    try {
      planAnchors(configOf(change));
      return null;
    } catch (error) {
      return error instanceof ConfigError ? error.faults : error;
    }
  };

  it.each([
    ['KAPSEL_ANCHOR_CALENDARS', 'https://one.example'],
    ['KAPSEL_ANCHOR_CALENDARS', 'https://one.example,https://two.example/path'],
    ['KAPSEL_ANCHOR_ESPLORA', 'ftp://explorer.example'],
    ['KAPSEL_ANCHOR_BITCOIN_RPC', 'user:password@localhost'],
    ['KAPSEL_ANCHOR_HEADERS_FILE', '/srv/headers.bin'],
    ['KAPSEL_ANCHOR_CHAIN_FILE', '/nowhere/chain.json'],
  ])('%s refuses %s', (name, value) => {
    expect(faultOf({ [name]: value, KAPSEL_ANCHOR_POLL_MS: '60000' })).toEqual([
      expect.stringMatching(new RegExp(`^${name} `)),
    ]);
  });

  it('never show a password that is in a bad address', () => {
    const faults = faultOf({ KAPSEL_ANCHOR_BITCOIN_RPC: 'ftp://user:hunter2@host' });
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('keep to the pace that the public calendars can bear', () => {
    const faults = faultOf({ KAPSEL_ANCHOR_CALENDARS: PUBLIC });
    expect(faults).toEqual([
      expect.stringMatching(/^KAPSEL_ANCHOR_INTERVAL_MS /),
      expect.stringMatching(/^KAPSEL_ANCHOR_POLL_MS /),
    ]);
    const fair = { KAPSEL_ANCHOR_INTERVAL_MS: '600000', KAPSEL_ANCHOR_POLL_MS: '60000' };
    expect(faultOf({ KAPSEL_ANCHOR_CALENDARS: PUBLIC, ...fair })).toBeNull();
  });

  it('refuse a chain file that says something else', async () => {
    const bad = join(folder, 'bad.json');
    await writeFile(bad, LAB_CHAIN_FILE.replace('207fffff', '00000000'));
    expect(faultOf({ KAPSEL_ANCHOR_CHAIN_FILE: bad })).toEqual([
      expect.stringContaining('pow_limit_bits'),
    ]);
  });
});

describe('what is said of it', () => {
  it('is a line for each step of an anchor, and counts by calendar', async () => {
    await anchors.grow(2);
    start(withNode());
    await until(() => expect(events()).toContain('anchor pending'));
    for (const calendar of anchors.calendars) calendar.confirm();
    await until(() => expect(events()).toContain('anchor confirmed'));
    expect(journal.lines.find(({ event }) => event === 'anchor confirmed')).toMatchObject({
      level: 'info',
      log: anchors.log.origin,
      tree_size: 2,
      reason: expect.stringMatching(/^block 101 by node 127\.0\.0\.1:\d+$/),
    });
    await until(async () => {
      const { text } = await metrics.scrape();
      const host = new URL(anchors.calendars[0].url).host;
      expect(text).toContain(
        `kapsel_calendar_requests_total{calendar="${host}",op="stamp",result="ok"} 1\n`,
      );
      expect(text).toContain('kapsel_anchors{status="confirmed"} 1\n');
    });
    const { password } = new URL(anchors.bitcoin.rpcUrl);
    expect(JSON.stringify(journal.lines)).not.toContain(password);
  });

  it('is a warning for a lie, and for a header source that fails', async () => {
    await anchors.grow(2);
    const [a] = anchors.calendars;
    a.fault = faultOn(a, 'timestamp', UPGRADE_FAULTS['flipped byte'] ?? (() => null));
    anchors.bitcoin.node.fault = () => ({ status: 401 });
    start(withNode());
    await until(() => expect(events()).toContain('anchor pending'));
    a.confirm();
    await until(() => expect(events()).toContain('header source failed'));
    anchors.bitcoin.node.fault = honest;
    const host = new URL(a.url).host;
    await until(async () =>
      expect((await metrics.scrape()).text).toMatch(
        new RegExp(
          `kapsel_anchor_refused_answers_total\\{calendar="${host}",reason="wrong-block"\\} \\d`,
        ),
      ),
    );
    expect(journal.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'calendar answer not taken' }),
    );
  });

  it('is one warning at the start where nothing checks the blocks', async () => {
    start();
    expect(events()).toEqual(['anchors are not checked']);
    start({ KAPSEL_ANCHOR_ESPLORA: anchors.bitcoin.esploraUrl });
    expect(events()).toEqual(['anchors are not checked']);
  });
});

it('holds up no head while all calendars are dead', async () => {
  for (const calendar of anchors.calendars) calendar.fault = () => 'hang';
  start(withNode());
  const sizes: number[] = [];
  for (let i = 0; i < 3; i += 1) sizes.push(await anchors.grow(1));
  expect(sizes).toEqual([1, 2, 3]);
  const startedMs = systemClock.monotonicMs();
  await running[0]?.stop();
  expect(systemClock.monotonicMs() - startedMs).toBeLessThan(1_000);
});
