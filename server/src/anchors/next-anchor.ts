/** What becomes of an anchor once calendars have answered and blocks were looked up: rules alone, no question and no clock. @module */
import { type Anchor, type AnchorCalendar, statusOf } from './anchor.ts';
import { proofOf, saysAllOf } from './answers.ts';
import type { BlockVerdict } from './check-blocks.ts';
import {
  type AnchorPace,
  pathWaitMs,
  RECHECK_DEPTH,
  recheckWaitMs,
  SECOND_PATH_FOR_MS,
} from './schedule.ts';

/** A calendar's part with what the header sources say of its block; null: it has none, or nobody was asked. */
export interface CheckedPart {
  readonly part: AnchorCalendar;
  readonly verdict: BlockVerdict | null;
}

export interface Moment {
  readonly nowMs: number;
  readonly pace: AnchorPace;
  readonly random: () => number;
  /** False: nobody can look at a block. */
  readonly hasSources: boolean;
}

/** What follows from the answers: nothing but them, and the block that was found for them, decides. */
export function nextAnchor(now: Moment, anchor: Anchor, checked: readonly CheckedPart[]): Anchor {
  const refused = checked.filter(({ verdict }) => verdict?.kind === 'contradicted');
  const hasLost = refused.some(({ part }) => part.state === 'complete');
  const parts = checked.map((each) => nextPart(now, each, hasLost));
  const wasMismatch = anchor.status === 'mismatch' || hasLost;
  const status = statusOf(parts, { wasMismatch });
  const blocks = checked.flatMap(({ verdict }) => (verdict?.kind === 'holds' ? verdict.block : []));
  const known = anchor.block !== null && !hasLost ? [anchor.block] : [];
  const [lowest = null] = [...blocks, ...known].sort((one, other) => one.height - other.height);
  const ageMs = now.nowMs - anchor.createdAtMs;
  const ots = proofOf(anchor, parts);
  // Only a path that was refused may leave a proof.
  if (refused.length === 0 && !saysAllOf(ots, anchor.ots)) {
    throw new Error('a proof would lose what it said');
  }
  const isEnough = status === 'confirmed' && ageMs >= SECOND_PATH_FOR_MS;
  return {
    ...anchor,
    status,
    ots,
    block: status === 'confirmed' ? lowest : null,
    calendars: isEnough ? parts.map(withoutFurtherPath) : parts,
  };
}

function withoutFurtherPath(part: AnchorCalendar): AnchorCalendar {
  return part.upgradeAnswer === null ? { ...part, nextCheckMs: null } : part;
}

function nextPart(
  { nowMs, pace, random, hasSources }: Moment,
  { part, verdict }: CheckedPart,
  hasLost: boolean,
): AnchorCalendar {
  if (verdict === null) return part;
  const laterMs = nowMs + pathWaitMs(nowMs - part.createdAtMs, pace, random());
  switch (verdict.kind) {
    case 'contradicted':
      // Its branch leaves the proof; the calendar may know better next time.
      return {
        ...part,
        state: 'refused',
        upgradeAnswer: null,
        recheckedAtMs: null,
        lastError: 'wrong-block',
        nextCheckMs: laterMs,
      };
    case 'holds': {
      const isDeep = verdict.depth >= RECHECK_DEPTH;
      return {
        ...part,
        state: 'complete',
        lastError: null,
        recheckedAtMs: isDeep ? (part.recheckedAtMs ?? nowMs) : part.recheckedAtMs,
        nextCheckMs:
          isDeep || part.recheckedAtMs !== null
            ? null
            : nowMs + recheckWaitMs(verdict.depth, pace, random()),
      };
    }
    case 'undecided': {
      // What was confirmed stays so while nobody can say otherwise; where one block has just gone, nothing is taken over.
      const state = part.state === 'complete' && !hasLost ? 'complete' : 'pending';
      const isOver = !hasSources || (state === 'complete' && part.recheckedAtMs !== null);
      return { ...part, state, nextCheckMs: isOver ? null : laterMs };
    }
  }
}
