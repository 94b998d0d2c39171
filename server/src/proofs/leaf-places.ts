/** Where leaves stand: look-ups by hash, those of one moment in one query, and what was found before. @module */
import { hexFromBytes } from '@kapsel/verification';
import { LRUCache } from 'lru-cache';
import { findLeafIndexesByHash } from '../attestation/leaf-store.ts';
import { Batcher } from '../base/batcher.ts';
import { Failure } from '../base/failure.ts';
import type { LogId } from '../base/ids.ts';
import type { Reads } from '../db/reads.ts';

interface Wanted {
  readonly logId: LogId;
  readonly leafHash: Uint8Array;
}

const MAX_KNOWN = 65_536;
const READERS = 2;
const MAX_TOGETHER = 256;
const MAX_WAITING = 65_536;

/** A leaf keeps its place for ever, so what was proved once is never asked again. What was not found is. */
export class LeafPlaces {
  readonly #known = new LRUCache<string, number>({ max: MAX_KNOWN });
  readonly #batcher: Batcher<Wanted, { readonly index: number | null }>;

  constructor(reads: Reads) {
    this.#batcher = new Batcher({
      flush: (wanted) => findAll(reads, wanted),
      sizeOf: () => 1,
      maxBatchRows: MAX_TOGETHER,
      maxBatchBytes: MAX_TOGETHER,
      writers: READERS,
      maxWaiting: MAX_WAITING,
      overloaded: () => new Failure('overloaded', 'Too many proofs are waiting'),
      isRowFault: () => false,
    });
  }

  /** The index of the leaf, or null when the log does not have it at this moment. */
  async find(logId: LogId, leafHash: Uint8Array): Promise<number | null> {
    const known = this.#known.get(keyOf(logId, hexFromBytes(leafHash)));
    if (known !== undefined) return known;
    const { index } = await this.#batcher.submit({ logId, leafHash });
    return index;
  }

  /** Keeps a place that a proof has shown to be right. */
  keep(logId: LogId, leafHash: string, index: number): void {
    this.#known.set(keyOf(logId, leafHash), index);
  }
}

function keyOf(logId: LogId, leafHash: string): string {
  return `${logId}/${leafHash}`;
}

/** One query for each log. */
async function findAll(
  reads: Reads,
  wanted: readonly Wanted[],
): Promise<{ index: number | null }[]> {
  const byLog = new Map<LogId, number[]>();
  for (const [position, { logId }] of wanted.entries()) {
    const positions = byLog.get(logId);
    if (positions === undefined) byLog.set(logId, [position]);
    else positions.push(position);
  }
  const results = wanted.map((): { index: number | null } => ({ index: null }));
  await Promise.all(
    [...byLog].map(async ([logId, positions]) => {
      const hashes = positions.flatMap((position) => wanted[position]?.leafHash ?? []);
      const indexes = await reads.near(
        (db) => findLeafIndexesByHash(db, logId, hashes),
        (found) => !found.includes(null),
      );
      for (const [i, position] of positions.entries()) {
        results[position] = { index: indexes[i] ?? null };
      }
    }),
  );
  return results;
}
