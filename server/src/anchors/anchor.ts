/** Anchor: a tree head on its way into the Bitcoin chain, what each calendar answered for it, and how it stands. @module */
import type { LogId, TreeHeadId } from '../base/ids.ts';

/** `mismatch`: a block that was found right once does not hold any more, and no other path does. */
export type AnchorStatus = 'new' | 'pending' | 'header_not_given' | 'confirmed' | 'mismatch';

/** See the table `anchor_calendars`. */
export type CalendarState = 'new' | 'pending' | 'complete' | 'refused';

/** Where, and for which message of its stamp, a calendar is asked for the path. */
export interface PathQuestion {
  /** One of the operator's settings at the time of the stamp. */
  readonly origin: string;
  readonly commitment: Uint8Array;
}

/** One calendar's part in an anchor. */
export interface AnchorCalendar {
  readonly url: string;
  readonly state: CalendarState;
  /** As it came: a bare node of the digest that was posted. */
  readonly stampAnswer: Uint8Array | null;
  /** Fixed with the stamp. */
  readonly question: PathQuestion | null;
  /** As it came: a bare node of its commitment, with a way into a block. In state `pending` nobody has checked the block. */
  readonly upgradeAnswer: Uint8Array | null;
  /** How often it was asked since its state changed. */
  readonly attempts: number;
  /** When it, or the header of its block, is to be asked for; null: never again. */
  readonly nextCheckMs: number | null;
  /** When its block was looked at once more, deep in the chain. */
  readonly recheckedAtMs: number | null;
  /** What was wrong with the last answer: a word of ours. */
  readonly lastError: string | null;
  readonly createdAtMs: number;
}

/** The block that an anchor stands in, by a header source of the operator's. */
export interface AnchoredBlock {
  readonly height: number;
  /** 80 bytes. */
  readonly header: Uint8Array;
  readonly source: string;
}

export interface Anchor {
  readonly logId: LogId;
  readonly treeSize: number;
  readonly headId: TreeHeadId;
  /** The exact bytes that were stamped. */
  readonly note: Uint8Array;
  readonly nonce: Uint8Array;
  /** The `.ots` file; null before the first calendar answered. */
  readonly ots: Uint8Array | null;
  readonly status: AnchorStatus;
  /** The lowest that was checked; only where confirmed. */
  readonly block: AnchoredBlock | null;
  /** Counts every write: whoever writes names the one he read. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly calendars: readonly AnchorCalendar[];
}

/** What follows from the calendars: nothing else decides the status. */
export function statusOf(
  calendars: readonly AnchorCalendar[],
  { wasMismatch }: { readonly wasMismatch: boolean },
): AnchorStatus {
  if (calendars.some(({ state }) => state === 'complete')) return 'confirmed';
  if (wasMismatch) return 'mismatch';
  if (calendars.some(({ upgradeAnswer }) => upgradeAnswer !== null)) return 'header_not_given';
  return calendars.some(({ stampAnswer }) => stampAnswer !== null) ? 'pending' : 'new';
}

/** When the anchor is due: as soon as the first of its calendars is. */
export function nextCheckOf(calendars: readonly AnchorCalendar[]): number | null {
  const times = calendars.flatMap(({ nextCheckMs }) => nextCheckMs ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

/** The status as callers are told it: nobody needs to know that no calendar has answered yet. */
export type PublicAnchorStatus = Exclude<AnchorStatus, 'new'>;

export function publicStatus(status: AnchorStatus): PublicAnchorStatus {
  return status === 'new' ? 'pending' : status;
}
