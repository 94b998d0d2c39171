/** STORY: one anchor is brought further: calendars are asked, blocks are looked up, and what follows is written at once or not at all. @module */
import type { ChainParameters } from '@kapsel/verification';
import type { Pool } from 'pg';
import { inTransaction } from '../db/transaction.ts';
import { type Anchor, type AnchorCalendar, nextCheckOf } from './anchor.ts';
import { type AskDeps, askCalendar } from './ask-calendar.ts';
import type { Calendar } from './calendar.ts';
import { heightsOf, judgeBlocks } from './check-blocks.ts';
import { findHeaders, type HeaderSource } from './header-source.ts';
import { type CheckedPart, nextAnchor } from './next-anchor.ts';
import { jittered, pathWaitMs } from './schedule.ts';
import { releaseAnchor, saveAnchor } from './store.ts';

export interface UpgradeDeps extends AskDeps {
  readonly pool: Pool;
  readonly calendars: readonly Calendar[];
  readonly sources: readonly HeaderSource[];
  readonly chain: ChainParameters;
  /** Until when a calendar is left alone because it did not answer; null: it may be asked. */
  readonly restingUntil: (calendar: Calendar) => number | null;
  readonly onSourceFailed: (source: HeaderSource, error: string) => void;
  /** A path that was refused, since its block is another one. `wasConfirmed`: it had been found right before. */
  readonly onWrongBlock: (anchor: Anchor, url: string, wasConfirmed: boolean) => void;
}

/** The anchor as it was written; null: another process has it, or we are stopping. */
export async function upgradeAnchor(
  deps: UpgradeDeps,
  anchor: Anchor,
  signal: AbortSignal,
): Promise<Anchor | null> {
  const { pool } = deps;
  const asked = await askAll(deps, anchor);
  // A crash up to here: nothing is written, and what was asked is asked again. A calendar that takes the digest a second
  // time makes a second promise of it, and the lost one does no harm.
  const checked = signal.aborted ? [] : await checkAll(deps, anchor, asked);
  if (signal.aborted) {
    await releaseAnchor(pool, anchor);
    return null;
  }
  for (const { part, verdict } of checked) {
    if (verdict?.kind !== 'contradicted') continue;
    deps.onWrongBlock(anchor, part.url, part.state === 'complete');
  }
  const next = nextAnchor(
    { ...deps, nowMs: deps.nowMs(), hasSources: deps.sources.length > 0 },
    anchor,
    checked,
  );
  // Answers, proof, status and block become visible together. A version that has moved means that the lease was lost.
  const isSaved = await inTransaction(pool, (db) =>
    saveAnchor(db, next, nextCheckOf(next.calendars)),
  );
  return isSaved ? next : null;
}

async function askAll(deps: UpgradeDeps, anchor: Anchor): Promise<AnchorCalendar[]> {
  const { calendars } = deps;
  const parts = [...anchor.calendars, ...newParts(deps, anchor)];
  return Promise.all(
    parts.map((part) => {
      const calendar = calendars.find(({ url }) => url === part.url);
      return askIfDue(deps, anchor, part, calendar);
    }),
  );
}

/** Calendars of the settings that this anchor was never sent to. One that is in a block needs no more of them. */
function newParts({ calendars, nowMs }: UpgradeDeps, anchor: Anchor): AnchorCalendar[] {
  if (anchor.status === 'confirmed' || anchor.status === 'header_not_given') return [];
  const known = new Set(anchor.calendars.map(({ url }) => url));
  return calendars
    .filter(({ url }) => !known.has(url))
    .map(({ url }) => ({
      url,
      state: 'new',
      stampAnswer: null,
      question: null,
      upgradeAnswer: null,
      attempts: 0,
      nextCheckMs: nowMs(),
      recheckedAtMs: null,
      lastError: null,
      createdAtMs: nowMs(),
    }));
}

async function askIfDue(
  deps: UpgradeDeps,
  anchor: Anchor,
  part: AnchorCalendar,
  calendar: Calendar | undefined,
): Promise<AnchorCalendar> {
  const { nowMs, pace, random, restingUntil } = deps;
  if (part.upgradeAnswer !== null || !isDue(part, nowMs())) return part;
  const mayAsk =
    calendar !== undefined &&
    (part.question === null || calendar.uris.includes(part.question.origin));
  // Taken out of the settings: never asked, and found again when it comes back.
  if (!mayAsk) {
    const waitMs = pathWaitMs(nowMs() - part.createdAtMs, pace, random());
    return { ...part, nextCheckMs: nowMs() + waitMs };
  }
  const restsUntilMs = restingUntil(calendar);
  if (restsUntilMs !== null) {
    return { ...part, nextCheckMs: restsUntilMs + jittered(pace.pollMs / 10, random()) };
  }
  return askCalendar(deps, anchor, part, calendar);
}

function isDue({ nextCheckMs }: AnchorCalendar, nowMs: number): boolean {
  return nextCheckMs !== null && nextCheckMs <= nowMs;
}

async function checkAll(
  { sources, chain, nowMs, onSourceFailed }: UpgradeDeps,
  anchor: Anchor,
  parts: readonly AnchorCalendar[],
): Promise<CheckedPart[]> {
  const withPath = parts.filter(({ upgradeAnswer }) => upgradeAnswer !== null);
  const isNew = (part: AnchorCalendar) =>
    anchor.calendars.every(({ url, upgradeAnswer }) => url !== part.url || upgradeAnswer === null);
  const isWanted = withPath.some((part) => isNew(part) || isDue(part, nowMs()));
  if (!isWanted) return parts.map((part) => ({ part, verdict: null }));
  // All of them, also those that are not due: the lowest block is found among blocks of one moment.
  const heights = new Set(withPath.flatMap((part) => heightsOf(anchor, part)));
  const found = await findHeaders(sources, [...heights], chain, onSourceFailed);
  return parts.map((part) => ({
    part,
    verdict: part.upgradeAnswer === null ? null : judgeBlocks(anchor, part, found, chain),
  }));
}
