/** What proofs are made from and what was made of it, in memory: newest heads, tiles, finished proofs. @module */
import { hexFromBytes } from '@kapsel/verification';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import { primaryReads, type Reads } from '../db/reads.ts';
import { LeafPlaces } from './leaf-places.ts';
import { NewestHeads } from './newest-heads.ts';
import { TileCache } from './tile-cache.ts';

/** As the API and proof packages carry it; hashes in lower-case hex. */
export interface InclusionProofJson {
  readonly leaf_hash: string;
  readonly leaf_index: number;
  readonly tree_size: number;
  readonly proof_hashes: readonly string[];
  readonly root_hash: string;
}

export type ProofKind = 'inclusion' | 'consistency' | 'package';

export interface ConsistencyProofJson {
  readonly old_size: number;
  readonly new_size: number;
  readonly old_root: string;
  readonly new_root: string;
  readonly proof_hashes: readonly string[];
}

export interface ProofCacheOptions {
  readonly pool: Pool;
  /** For tiles, places of leaves and heads; the pool alone where nothing is given. */
  readonly reads?: Reads;
  readonly clock: Clock;
  readonly onRequest: (cache: 'tile' | 'proof', result: 'hit' | 'miss') => void;
  /** Told of each answer, out of a cache or not. */
  readonly onProof: (kind: ProofKind, seconds: number) => void;
  /** How old the newest head may be when another process signed. */
  readonly headMaxAgeMs?: number;
  readonly maxTileBytes?: number;
}

/** What the rooms above read proofs through. One per process: each entry is right for ever, so there is nothing to tell others. */
export interface ProofCache {
  readonly pool: Pool;
  readonly reads: Reads;
  readonly heads: NewestHeads;
  readonly tiles: TileCache;
  readonly places: LeafPlaces;
  readonly finished: FinishedProofs;
  /** Runs `make` and tells how long it took, unless it fails. */
  timed<T>(kind: ProofKind, make: () => Promise<T>): Promise<T>;
}

const HEAD_MAX_AGE_MS = 1_000;
const MAX_TILE_BYTES = 64 * 1024 * 1024;

export function openProofCache(options: ProofCacheOptions): ProofCache {
  const { pool, clock, onRequest, onProof, reads = primaryReads(pool) } = options;
  return {
    pool,
    reads,
    heads: new NewestHeads({
      reads,
      clock,
      maxAgeMs: options.headMaxAgeMs ?? HEAD_MAX_AGE_MS,
    }),
    tiles: new TileCache({
      reads,
      maxBytes: options.maxTileBytes ?? MAX_TILE_BYTES,
      onRequest: (result) => onRequest('tile', result),
    }),
    places: new LeafPlaces(reads),
    finished: new FinishedProofs(clock, (result) => onRequest('proof', result)),
    async timed(kind, make) {
      const startMs = clock.monotonicMs();
      const made = await make();
      onProof(kind, (clock.monotonicMs() - startMs) / 1_000);
      return made;
    },
  };
}

const TTL_MS = 10 * 60_000;
const MAX_PROOF_BYTES = 24 * 1024 * 1024; // of each kind
const HASH_TEXT_BYTES = 170; // 64 characters and what the engine adds, and again in the text of the answer
const PROOF_TEXT_BYTES = 1_000;

type Hashes = Pick<InclusionProofJson, 'proof_hashes'>;

/** Finished proofs by log, leaf and size, or by log and two sizes. */
export class FinishedProofs {
  readonly #proofs: LRUCache<string, InclusionProofJson>;
  readonly #consistency: LRUCache<string, ConsistencyProofJson>;
  readonly #onRequest: (result: 'hit' | 'miss') => void;

  constructor(clock: Clock, onRequest: (result: 'hit' | 'miss') => void) {
    this.#onRequest = onRequest;
    const options = {
      maxSize: MAX_PROOF_BYTES,
      sizeCalculation: ({ proof_hashes: { length } }: Hashes) =>
        PROOF_TEXT_BYTES + HASH_TEXT_BYTES * length,
      ttl: TTL_MS,
      ttlResolution: 0,
      perf: { now: () => 1 + clock.monotonicMs() }, // a start of 0 counts as none
    };
    this.#proofs = new LRUCache<string, InclusionProofJson>(options);
    this.#consistency = new LRUCache<string, ConsistencyProofJson>(options);
  }

  /** The proof under a tree of `treeSize` leaves. With `rootHash` only one that ends in it, whatever else was kept. */
  find(
    logId: LogId,
    leafHash: Uint8Array,
    treeSize: number,
    rootHash: Uint8Array | null,
  ): InclusionProofJson | null {
    const found = this.#proofs.get(proofKeyOf(logId, hexFromBytes(leafHash), treeSize));
    const fits =
      found !== undefined && (rootHash === null || found.root_hash === hexFromBytes(rootHash));
    this.#onRequest(fits ? 'hit' : 'miss');
    return fits ? found : null;
  }

  /** Keeps a proof that was verified. */
  keep(logId: LogId, proof: InclusionProofJson): void {
    this.#proofs.set(proofKeyOf(logId, proof.leaf_hash, proof.tree_size), proof);
  }

  findConsistency(logId: LogId, oldSize: number, newSize: number): ConsistencyProofJson | null {
    const found = this.#consistency.get(`${logId}/${oldSize}/${newSize}`);
    this.#onRequest(found === undefined ? 'miss' : 'hit');
    return found ?? null;
  }

  /** Keeps a proof that was verified up to a signed head: what lies below one never changes. */
  keepConsistency(logId: LogId, proof: ConsistencyProofJson): void {
    this.#consistency.set(`${logId}/${proof.old_size}/${proof.new_size}`, proof);
  }
}

function proofKeyOf(logId: LogId, leafHash: string, treeSize: number): string {
  return `${logId}/${leafHash}/${treeSize}`;
}
