/** PublishedHeads: the newest head of each log in a second place outside the database, and what that place forbids. @module */
import { equalBytes } from '@kapsel/verification';
import type { LogId } from '../base/ids.ts';
import type { TreeHead } from './tree-head.ts';

/**
 * Remembers the newest head of each log where a restored or failed-over database cannot change it.
 *
 * - Durable: `write` has answered only when the head survives a power cut. It is called before the head is inserted
 *   into the database, and nothing that is not in the database is served: a head may be here and nowhere else, never
 *   the other way round.
 * - Compare-and-swap: `write` replaces exactly `expected` and refuses anything else with `moved`. A smaller size, an
 *   older time, or another root of the same size is refused whatever was expected.
 * - Concurrency: several processes may share one place; each may also have its own and follow the heads of others.
 * - `write` runs while the log's row is locked: it answers or fails within two seconds. Nobody retries inside; the next
 *   tick tries again.
 * - Not trusted: what is read is a head whose signature holds, under this log's origin. Damaged and foreign content is
 *   refused and never taken for "no head yet". Which key signed is for the caller to judge.
 */
export interface PublishedHeads {
  /** The place, for people. */
  readonly place: string;
  /** The stored head of the log, or null when there never was one. */
  read(log: LogOfHead): Promise<TreeHead | null>;
  write(log: LogOfHead, head: TreeHead, expected: TreeHead | null): Promise<void>;
  /** Ids of other logs for which a head under this origin is kept. */
  othersOfOrigin(log: LogOfHead): Promise<readonly LogId[]>;
}

export interface LogOfHead {
  readonly id: LogId;
  readonly origin: string;
}

/**
 * - `behind`: the database is smaller than a published head.
 * - `forked`: it has another root at a published size, or both places contradict each other.
 * - `damaged`, `foreign`: the second place holds what cannot be this log's head.
 */
export type HeadConflictKind = 'behind' | 'forked' | 'damaged' | 'foreign';

/** Why nothing may be signed until a person has looked. The message says what to do. */
export class HeadConflict extends Error {
  readonly kind: HeadConflictKind;

  constructor(kind: HeadConflictKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'HeadConflict';
    this.kind = kind;
  }
}

/** Another process was faster, or the place is taken at the moment: nothing is wrong, the next tick looks again. */
export class PublishedHeadMoved extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'PublishedHeadMoved';
  }
}

const RESTORE =
  'the database is older than what was published: restore a newer backup (docs/operations.md, "Restore"); nothing is signed until then';

/** The database lacks leaves that a published head covers. */
export function behindConflict(
  origin: string,
  treeSize: number,
  publishedSize: number,
  source: string,
): HeadConflict {
  return new HeadConflict(
    'behind',
    `the log ${origin} has ${treeSize} leaves in the database, below the published ${publishedSize} (${source}): ${RESTORE}`,
  );
}

/** The database has other leaves than a published head covers. */
export function forkedConflict(
  origin: string,
  publishedSize: number,
  source: string,
): HeadConflict {
  return new HeadConflict(
    'forked',
    `the log ${origin} has another root than the published one of size ${publishedSize} (${source}): its history was changed; nothing is signed until the database is restored`,
  );
}

/**
 * Throws unless `next` may take the place of `current`: sizes never shrink, times strictly grow, one size has one
 * root. RFC 6962 section 3.5: anything else would prove that the log misbehaved.
 */
export function assertFollows(origin: string, current: TreeHead | null, next: TreeHead): void {
  if (current === null) return;
  if (next.treeSize < current.treeSize) {
    throw new HeadConflict(
      'forked',
      `the log ${origin} has a head of size ${next.treeSize} later than one of size ${current.treeSize}: one of them was made from an older database; nothing is signed`,
    );
  }
  if (next.timestampMs <= current.timestampMs) {
    throw new RangeError('"next" expected a later time than the published head has');
  }
  if (next.treeSize === current.treeSize && !equalBytes(next.rootHash, current.rootHash)) {
    throw forkedConflict(origin, current.treeSize, 'two heads of one size');
  }
}

/** The same signed head, whatever else was added to it. */
export function isSameHead(a: TreeHead | null, b: TreeHead | null): boolean {
  if (a === null || b === null) return a === b;
  return a.timestampMs === b.timestampMs && equalBytes(a.signature, b.signature);
}
