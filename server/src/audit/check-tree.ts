/** Recomputes a tree leaf by leaf: its tiles, its right edge and its root, in memory that does not grow. RFC 6962 section 2.1. @module */
import {
  type CompactRange,
  compactRangeFromEdge,
  TILE_WIDTH,
  type Tile,
  tilePath,
  upperNodesOfTile,
} from '@kapsel/tree';
import { equalBytes, hexFromBytes } from '@kapsel/verification';
import type { Finding } from './contradiction.ts';

const HASH_BYTES = 32;
const TILE_HEIGHT = 8; // a tile level holds every eighth level of the tree

/** The tree of the leaves so far: 53 hashes and one unfinished tile a level, whatever it holds. */
export class TreeChecker {
  readonly #range: CompactRange;
  /** Hashes of the unfinished tile of each level. */
  readonly #open: Uint8Array[][];
  #full: Tile[] = [];

  /** Takes a tree up at `size`; its right edge is believed, and shown right or wrong by what follows. */
  constructor(size = 0, edge: readonly Tile[] = []) {
    this.#range = compactRangeFromEdge(size, edge);
    this.#open = [];
    for (const { level, hashes } of edge) this.#openTile(level).push(...splitHashes(hashes));
  }

  get size(): number {
    return this.#range.size;
  }

  append(leafHash: Uint8Array): void {
    this.#range.append(leafHash, ({ level, index }, hash) => {
      if (level % TILE_HEIGHT !== 0) return;
      const hashes = this.#openTile(level / TILE_HEIGHT);
      hashes.push(hash);
      if (hashes.length < TILE_WIDTH) return;
      const tileIndex = Math.floor(index / TILE_WIDTH);
      this.#full.push(tileOf(level / TILE_HEIGHT, tileIndex, hashes.splice(0)));
    });
  }

  root(): Uint8Array {
    return this.#range.root();
  }

  rightEdge(): readonly Uint8Array[] {
    return this.#range.hashes;
  }

  /** The tiles that became full since the last call. */
  takeFullTiles(): readonly Tile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** The tiles of the right edge that are not full. */
  partialTiles(): readonly Tile[] {
    return this.#open.flatMap((hashes, level) => {
      if (hashes.length === 0) return [];
      const row = Math.floor(this.size / TILE_WIDTH ** level);
      return [tileOf(level, Math.floor(row / TILE_WIDTH), hashes)];
    });
  }

  #openTile(level: number): Uint8Array[] {
    while (this.#open.length <= level) this.#open.push([]);
    return this.#open[level] ?? [];
  }
}

/** A tile as it is stored; full ones from before upper nodes were kept have none. */
export interface StoredTile extends Tile {
  readonly upperNodes: Uint8Array | null;
}

/** Compares a stored tile, which may have grown meanwhile, with the one that was recomputed. */
export function checkTile(computed: Tile, stored: StoredTile | undefined): Finding[] {
  const at = tilePath(computed.level, computed.index, computed.width);
  if (stored === undefined) {
    return [{ where: 'merkle_tiles', at, want: 'a tile', got: 'none' }];
  }
  if (stored.width < computed.width) {
    const [want, got] = [`${computed.width}`, `${stored.width}`];
    return [{ where: 'merkle_tiles.width', at, want, got }];
  }
  for (let i = 0; i < computed.width; i++) {
    const [want, got] = [hashAt(computed.hashes, i), hashAt(stored.hashes, i)];
    if (equalBytes(want, got)) continue;
    const place = `${at}, hash ${i}`;
    const values = { want: hexFromBytes(want), got: hexFromBytes(got) };
    return [{ where: 'merkle_tiles.hashes', at: place, ...values }];
  }
  return computed.width === TILE_WIDTH ? checkUpperNodes(at, computed, stored) : [];
}

// Proofs are made of them, so they must be what the hashes lead to.
function checkUpperNodes(at: string, computed: Tile, { upperNodes }: StoredTile): Finding[] {
  if (upperNodes === null) return [];
  const wanted = upperNodesOfTile(computed.hashes);
  for (let i = 0; i < wanted.length / HASH_BYTES; i++) {
    const [want, got] = [hashAt(wanted, i), hashAt(upperNodes, i)];
    if (equalBytes(want, got)) continue;
    const values = { want: hexFromBytes(want), got: hexFromBytes(got) };
    return [{ where: 'merkle_tiles.upper_nodes', at: `${at}, node ${i}`, ...values }];
  }
  return [];
}

export function hashAt(hashes: Uint8Array, i: number): Uint8Array {
  return hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
}

function splitHashes(hashes: Uint8Array): Uint8Array[] {
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, i) => hashAt(hashes, i));
}

function tileOf(level: number, index: number, hashes: readonly Uint8Array[]): Tile {
  const joined = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [i, hash] of hashes.entries()) joined.set(hash, i * HASH_BYTES);
  return { level, index, width: hashes.length, hashes: joined };
}
