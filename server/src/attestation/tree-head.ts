/** TreeHead: a committed size with its root, signed; and the rule when the next one is due. @module */
import { hexFromBytes } from '@kapsel/verification';
import type { TreeHeadId } from '../base/ids.ts';

export interface TreeHead {
  readonly id: TreeHeadId;
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  readonly timestampMs: number;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The same head as a note that the log alone signed. */
  readonly checkpoint: string;
  /** Further lines of that note, each with its newline: what witnesses signed of this size. */
  readonly cosignatures: readonly string[];
}

/** The head as the API and proof packages carry it. */
export interface TreeHeadJson {
  readonly tree_size: number;
  readonly root_hash: string;
  readonly timestamp: number;
  readonly signature: string;
  readonly public_key: string;
  readonly sth_id: string;
  readonly log: string;
  readonly checkpoint: string;
}

export function encodeTreeHeadJson(head: TreeHead): TreeHeadJson {
  return {
    tree_size: head.treeSize,
    root_hash: hexFromBytes(head.rootHash),
    timestamp: head.timestampMs,
    signature: hexFromBytes(head.signature),
    public_key: hexFromBytes(head.publicKey),
    sth_id: head.id,
    log: head.origin,
    checkpoint: head.checkpoint + head.cosignatures.join(''),
  };
}

export interface HeadPace {
  /** Least time between two heads while the log grows. */
  readonly growingMs: number;
  /** Time after which an unchanged log is signed again. */
  readonly idleMs: number;
}

/** True when a head of `treeSize` should be signed now. An empty log has no head. */
export function isHeadDue(
  treeSize: number,
  newest: Pick<TreeHead, 'treeSize' | 'timestampMs'> | null,
  pace: HeadPace,
  nowMs: number,
): boolean {
  if (treeSize === 0) return false;
  if (newest === null) return true;
  const isGrown = treeSize > newest.treeSize;
  const ageMs = nowMs - newest.timestampMs;
  // A clock that was set back must not silence a growing log; one that stands still waits for its time.
  if (ageMs < 0) return isGrown;
  return ageMs >= (isGrown ? pace.growingMs : pace.idleMs);
}

/** Times of heads strictly grow within a log, also when the clock went back. */
export function nextTimestampMs(newestMs: number | null, nowMs: number): number {
  return newestMs === null ? nowMs : Math.max(nowMs, newestMs + 1);
}
