/** A signed log, two calendars, a node and an explorer on loopback, and one process that anchors, moved by hand. @module */
import {
  type ChainParameters,
  parseChainParameters,
  parseHeaderRun,
  parseOtsProof,
  verifyAnchor,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import { openBitcoin, type TestBitcoin } from '../../../test/support/bitcoin.ts';
import { LAB_CHAIN_FILE } from '../../../test/support/bitcoin-chain.ts';
import { openCalendar, type TestCalendar } from '../../../test/support/calendar.ts';
import type { Anchor } from '../../src/anchors/anchor.ts';
import type { CalendarNews } from '../../src/anchors/ask-calendar.ts';
import { parseCalendars } from '../../src/anchors/calendar.ts';
import { type CalendarClient, createCalendarClient } from '../../src/anchors/calendar-client.ts';
import { createNodeSource } from '../../src/anchors/header-client.ts';
import type { HeaderSource } from '../../src/anchors/header-source.ts';
import { stampDueHeads } from '../../src/anchors/stamp.ts';
import { claimDueAnchor, findAnchor, findLastAnchor } from '../../src/anchors/store.ts';
import { type UpgradeDeps, upgradeAnchor } from '../../src/anchors/upgrade.ts';
import { findNewestHead } from '../../src/attestation/head-store.ts';
import { createDeliveryClient } from '../../src/delivery/connector.ts';
import { parseCidrList } from '../../src/endpoints/destination-guard.ts';
import { makeLog } from './log-bench.ts';
import { growLog, headOf, type SignedLog, signLog } from './signed-log.ts';

export const LAB: ChainParameters = parseChainParameters(LAB_CHAIN_FILE);
export const MINUTE_MS = 60_000;
export const HOUR_MS: number = 60 * MINUTE_MS;

export interface AnchorBench extends SignedLog {
  readonly bitcoin: TestBitcoin;
  readonly calendars: readonly [TestCalendar, TestCalendar];
  /** `host op result detail`, in the order in which they came. */
  readonly news: string[];
  /** What this process works with; a test may hand in changes of it. */
  readonly deps: UpgradeDeps;
  /** Adds so many leaves and a head over them. */
  grow(count: number): Promise<number>;
  /** Makes an anchor of the newest head. */
  stamp(): Promise<Anchor>;
  /** Does all that is due now. */
  run(change?: Partial<UpgradeDeps>): Promise<void>;
  /** Lets time pass, then does all that is due. */
  after(ms: number, change?: Partial<UpgradeDeps>): Promise<Anchor>;
  /** The last anchor as it stands. */
  anchor(): Promise<Anchor>;
  close(): Promise<void>;
}

/** A client whose requests go to loopback alone. */
export function loopbackClient(deadlineMs = 2_000): CalendarClient {
  const connections = createDeliveryClient({
    allowHttp: true,
    egressAllow: parseCidrList('127.0.0.1'),
  });
  return createCalendarClient({ connections, deadlineMs });
}

export async function openAnchorBench(
  pool: Pool,
  { hasNode = true }: { readonly hasNode?: boolean } = {},
): Promise<AnchorBench> {
  const signed = await signLog(pool, await makeLog(pool));
  const { clock, log } = signed;
  const bitcoin = await openBitcoin();
  const calendars = [await openCalendar(bitcoin.chain), await openCalendar(bitcoin.chain)] as const;
  const client = loopbackClient();
  const node = createNodeSource(new URL(bitcoin.rpcUrl), 2_000);
  const news: string[] = [];
  const deps: UpgradeDeps = {
    pool,
    client,
    calendars: parseCalendars(
      calendars.map(({ url }) => url),
      { allowHttp: true },
    ),
    sources: hasNode ? [node] : [],
    chain: LAB,
    pace: { pollMs: 10 * MINUTE_MS },
    random: () => 0.5,
    nowMs: () => clock.nowMs(),
    restingUntil: () => null,
    onNews: ({ url }, each) => news.push(wordsOf(url, calendars, each)),
    onSourceFailed: ({ kind }: HeaderSource, error) => news.push(`${kind} failed ${error}`),
    onWrongBlock: (_anchor, url, wasConfirmed) =>
      news.push(
        `${nameOf(url, calendars)} wrong block${wasConfirmed ? ' of a confirmed one' : ''}`,
      ),
  };

  const anchor = async (): Promise<Anchor> => {
    const last = await findLastAnchor(pool, log.id);
    const found = last === null ? null : await findAnchor(pool, log.id, last.treeSize);
    if (found === null) throw new Error('there is no anchor');
    return found;
  };
  const run = async (change: Partial<UpgradeDeps> = {}): Promise<void> => {
    const { signal } = new AbortController();
    for (;;) {
      const due = await claimDueAnchor(pool, clock.nowMs(), clock.nowMs() + 2 * MINUTE_MS);
      if (due === null) return;
      await upgradeAnchor({ ...deps, ...change }, due, signal);
    }
  };
  return {
    ...signed,
    bitcoin,
    calendars,
    news,
    deps,
    run,
    anchor,
    async grow(count) {
      await growLog(signed, count);
      return (await headOf(signed)).treeSize;
    },
    async stamp() {
      await stampDueHeads(
        {
          pool,
          clock,
          intervalMs: HOUR_MS,
          // Other tests have logs in the same database.
          headOf: async (logId) => (logId === log.id ? findNewestHead(pool, logId) : null),
          onAnchor: () => undefined,
        },
        new AbortController().signal,
      );
      return anchor();
    },
    async after(ms, change) {
      clock.advance(ms);
      await run(change);
      return anchor();
    },
    async close() {
      await client.close();
      await node.close();
      await Promise.all([bitcoin.close(), ...calendars.map((each) => each.close())]);
    },
  };
}

function nameOf(url: string, calendars: readonly TestCalendar[]): string {
  return 'AB'[calendars.findIndex((each) => each.url === url)] ?? url;
}

function wordsOf(
  url: string,
  calendars: readonly TestCalendar[],
  { op, result, detail }: CalendarNews,
): string {
  return [nameOf(url, calendars), op, result, detail.replace(/[0-9a-f]{64}/, 'TXID')]
    .filter((word) => word !== '')
    .join(' ');
}

/** What a verifier says of the anchor's file when it is given every header of the chain. */
export function verdictOn({ bitcoin }: AnchorBench, { ots, note }: Anchor): string {
  if (ots === null) return 'no proof';
  const { blocks } = bitcoin.chain;
  const [first] = blocks;
  if (first === undefined) throw new Error('the chain is empty');
  const bytes = Buffer.concat(blocks.map(({ header }) => header));
  const run = parseHeaderRun(bytes, first.height, LAB);
  const { state, attestations } = verifyAnchor(parseOtsProof(ots), note, {
    chain: LAB,
    headers: [{ source: 'file', run }],
  });
  // In the order of their names: that of the branches hangs on chance.
  const states = attestations.map((each) => each.state).sort();
  return `${state}: ${states.join(' ')}`;
}
