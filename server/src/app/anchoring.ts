/** Wires the anchoring: calendars, header sources and the chain as the settings name them; its news go to log lines and metrics. @module */
import { readFileSync } from 'node:fs';
import {
  bitcoinMainnet,
  type ChainParameters,
  parseChainParameters,
  VerificationError,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import type { Anchor, AnchorStatus } from '../anchors/anchor.ts';
import type { CalendarNews } from '../anchors/ask-calendar.ts';
import {
  type Calendar,
  isLoopbackCalendar,
  isPublicCalendar,
  parseCalendars,
} from '../anchors/calendar.ts';
import { createCalendarClient } from '../anchors/calendar-client.ts';
import { createExplorerSource, createNodeSource } from '../anchors/header-client.ts';
import { openHeaderFile, parseHeadersPlace } from '../anchors/header-file.ts';
import type { HeaderSource } from '../anchors/header-source.ts';
import { startAnchoring } from '../anchors/rounds.ts';
import type { StampDeps } from '../anchors/stamp.ts';
import type { Clock } from '../base/clock.ts';
import { type Config, ConfigError } from '../base/config.ts';
import { createDeliveryClient } from '../delivery/connector.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type AnchorWatch, watchAnchors } from './anchor-watch.ts';
import type { EgressRules } from './egress.ts';

/** What the settings say. */
export interface AnchorPlan {
  readonly calendars: readonly Calendar[];
  readonly chain: ChainParameters;
  readonly intervalMs: number;
  readonly pollMs: number;
  /** Opens no connection: a source does when it is asked. */
  readonly openSources: () => HeaderSource[];
}

export interface AnchorsDeps {
  readonly plan: AnchorPlan;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly rules: EgressRules;
  readonly headOf: StampDeps['headOf'];
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Anchors {
  stop(): Promise<void>;
}

/** Null where no calendar is named: nothing is anchored. */
export function startAnchors(deps: AnchorsDeps): Anchors | null {
  const { plan, pool, clock, random, rules, headOf, logger, metrics } = deps;
  const { calendars, chain, intervalMs, pollMs } = plan;
  if (calendars.length === 0) return null;
  const sources = plan.openSources();
  if (sources.length === 0) {
    logger.warn('anchors are not checked', {
      reason: 'no header source is set: whether a block is the right one is left to verifiers',
    });
  }
  const watch = watchAnchors({ pool, clock, logger, metrics });
  const anchoring = startAnchoring({
    pool,
    clock,
    random,
    calendars,
    sources,
    chain,
    intervalMs,
    pace: { pollMs },
    client: createCalendarClient({ connections: createDeliveryClient(rules) }),
    headOf,
    onAnchor: ({ origin }, { treeSize }) =>
      logger.info('anchor begun', { log: origin, tree_size: treeSize }),
    onNews: (calendar, news) => reportNews(deps, calendar, news),
    onWrongBlock: (anchor, url, wasConfirmed) => reportWrongBlock(deps, anchor, url, wasConfirmed),
    onSourceFailed: ({ kind, name }, error) =>
      logger.warn('header source failed', { reason: `${kind} ${name}: ${error}` }),
    onMoved: (anchor, before) => {
      if (anchor.status === before.status) return;
      reportMoved(deps, anchor);
      watch.wake();
    },
    onError: (error) => logger.error('anchoring failed', { error }),
  });
  return { stop: () => stopBoth(anchoring, watch) };
}

async function stopBoth(anchoring: Anchors, watch: AnchorWatch): Promise<void> {
  await Promise.all([anchoring.stop(), watch.stop()]);
}

const LEAST_PUBLIC_INTERVAL_MS = 600_000;
const LEAST_POLL_MS = 60_000; // for so long a calendar's "not yet" may be kept by caches on the way

/** Throws a ConfigError with all that is wrong. Reads the chain file, and opens nothing. */
export function planAnchors(config: Config): AnchorPlan {
  const faults: string[] = [];
  const tried = <T>(name: string, read: () => T, fallback: T): T => {
    try {
      return read();
    } catch (error) {
      faults.push(`${name} ${error instanceof RangeError ? error.message : 'is not valid'}`);
      return fallback;
    }
  };
  const calendars = tried(
    'KAPSEL_ANCHOR_CALENDARS',
    () => parseCalendars(config.anchorCalendars, config),
    [],
  );
  if (calendars.some(isPublicCalendar) && config.anchorIntervalMs < LEAST_PUBLIC_INTERVAL_MS) {
    faults.push(
      'KAPSEL_ANCHOR_INTERVAL_MS wants at least 600000 with public calendars, which others pay for',
    );
  }
  if (!calendars.every(isLoopbackCalendar) && config.anchorPollMs < LEAST_POLL_MS) {
    faults.push('KAPSEL_ANCHOR_POLL_MS wants at least 60000');
  }
  const rpc = config.anchorBitcoinRpc?.reveal() ?? null;
  const node = tried('KAPSEL_ANCHOR_BITCOIN_RPC', () => (rpc === null ? null : readUrl(rpc)), null);
  const explorers = tried('KAPSEL_ANCHOR_ESPLORA', () => config.anchorEsplora.map(readUrl), []);
  const place = tried(
    'KAPSEL_ANCHOR_HEADERS_FILE',
    () => (config.anchorHeadersFile === null ? null : parseHeadersPlace(config.anchorHeadersFile)),
    null,
  );
  const chain = tried(
    'KAPSEL_ANCHOR_CHAIN_FILE',
    () => readChain(config.anchorChainFile),
    bitcoinMainnet(),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    calendars,
    chain,
    intervalMs: config.anchorIntervalMs,
    pollMs: config.anchorPollMs,
    openSources: () => [
      ...(place === null ? [] : [openHeaderFile(place, chain)]),
      ...(node === null ? [] : [createNodeSource(node)]),
      ...explorers.map((url) => createExplorerSource(url)),
    ],
  };
}

/** Says nothing of the value: it may hold a password. */
function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.hash === '') return url;
  throw new RangeError('wants http(s)://[user:password@]host[:port][/path]');
}

function readChain(path: string | null): ChainParameters {
  if (path === null) return bitcoinMainnet();
  try {
    return parseChainParameters(readFileSync(path));
  } catch (cause) {
    const isRead = cause instanceof VerificationError;
    const why = isRead
      ? `${cause.field ?? 'the file'}: ${cause.rule ?? cause.code}`
      : 'cannot be read';
    throw new RangeError(`${path}: ${why}`, { cause });
  }
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function reportNews(
  { logger, metrics }: AnchorsDeps,
  calendar: Calendar,
  news: CalendarNews,
): void {
  const { op, result, refused, detail } = news;
  const host = hostOf(calendar.url);
  metrics.calendarRequests.inc({ calendar: host, op, result });
  if (refused !== null) metrics.refusedAnchorAnswers.inc({ calendar: host, reason: refused });
  if (result === 'ok' || result === 'waiting') {
    logger.debug('calendar answered', { reason: `${host}: ${op} ${detail || result}` });
    return;
  }
  logger.warn('calendar answer not taken', { reason: `${host}: ${op} ${detail}` });
}

function reportWrongBlock(
  { logger, metrics }: AnchorsDeps,
  anchor: Anchor,
  url: string,
  wasConfirmed: boolean,
): void {
  const host = hostOf(url);
  metrics.refusedAnchorAnswers.inc({ calendar: host, reason: 'wrong-block' });
  const fields = { ...placeOf(anchor), reason: `${host}: its path leads to no block of the chain` };
  if (wasConfirmed) logger.error('confirmed anchor contradicted', fields);
  else logger.warn('calendar answer not taken', fields);
}

const EVENTS: Readonly<Record<AnchorStatus, string>> = {
  new: 'anchor begun',
  pending: 'anchor pending',
  header_not_given: 'anchor has a block that was not checked',
  confirmed: 'anchor confirmed',
  mismatch: 'anchor lost its block',
};

function reportMoved({ logger }: AnchorsDeps, anchor: Anchor): void {
  const { block, status } = anchor;
  const reason = block === null ? {} : { reason: `block ${block.height} by ${block.source}` };
  const level = status === 'mismatch' ? 'error' : 'info';
  logger[level](EVENTS[status], { ...placeOf(anchor), ...reason });
}

function placeOf({ note, treeSize }: Anchor): { log: string; tree_size: number } {
  // The first line of a checkpoint is the name of its log.
  const [log = ''] = Buffer.from(note).toString('utf8').split('\n', 1);
  return { log, tree_size: treeSize };
}
