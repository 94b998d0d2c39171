/** Which tiles prove something, without fetching any: pure planning for a client. RFC 6962 section 2.1, C2SP tlog-tiles. @module */
import { VerificationError } from './errors.ts';
import type { TileId } from './tile.ts';
import { TILE_WIDTH } from './tile.ts';
import { MAX_TREE_SIZE, treeNumber } from './tree-numbers.ts';

/** Levels of the tree in one tile: 2^8 = 256 hashes. */
export const TILE_HEIGHT = 8n;

/** The leaves from `begin` up to, not including, `end`, whose hash is wanted: MTH(D[begin:end]) of RFC 6962. */
export interface LeafRange {
  readonly begin: bigint;
  readonly end: bigint;
}

/**
 * The tiles that give the root of a tree: its partial tiles, the lowest level first. None for an empty tree.
 * Throws `E_INDEX_RANGE` for a size beyond 2^63-1.
 *
 * Fetch them in this order, from outside: the core does no I/O. Where the log answers 404 for a partial tile, ask for
 * the full one (the same path without `.p/…`); the functions that take tiles cut it:
 *
 *     const tiles = await Promise.all(planRootTiles(size).map(async (tile) =>
 *       (await get(encodeTilePath(tile))) ?? get(encodeTilePath({ ...tile, width: 256 }))));
 * @example planRootTiles(812).map(encodeTilePath) // ['tile/0/003.p/44', 'tile/1/000.p/3']
 */
export function planRootTiles(size: bigint | number): readonly TileId[] {
  return edgeTiles(treeSizeOf(size, 0n));
}

/**
 * The tiles that `inclusionProofFromTiles` takes: those of the root, then those between the leaf and them. At most
 * 15, and 7 up to 2^32 leaves. Throws `E_INDEX_RANGE`.
 * @example planInclusionTiles(5, 812).map(encodeTilePath) // ['tile/0/003.p/44', 'tile/1/000.p/3', 'tile/0/000']
 */
export function planInclusionTiles(
  index: bigint | number,
  size: bigint | number,
): readonly TileId[] {
  const n = treeSizeOf(size, 1n);
  const i = leafIndexOf(index, n);
  // The leaf itself is in none of the ranges: it stands in the tile of its sibling, or at the edge.
  return tilesOfRanges(inclusionRanges(i, n), n);
}

/**
 * The tiles that `consistencyProofFromTiles` takes: those of the new root, then those along the old edge. Throws
 * `E_CONSISTENCY` for an old size of 0 or above the new one, like `verifyConsistency`.
 * @example planConsistencyTiles(256, 812).map(encodeTilePath) // ['tile/0/003.p/44', 'tile/1/000.p/3']
 */
export function planConsistencyTiles(
  oldSize: bigint | number,
  newSize: bigint | number,
): readonly TileId[] {
  const [m, n] = sizesOf(oldSize, newSize);
  return tilesOfRanges(consistencyRanges(m, n), n);
}

/**
 * The tiles that `leafHashesFromTiles` takes: those of the root, then those above the level-0 tile of this index,
 * itself included. Throws `E_INDEX_RANGE` where the tree has no such tile.
 * @example planLeafTiles(2n, 812).map(encodeTilePath) // ['tile/0/003.p/44', 'tile/1/000.p/3', 'tile/0/002']
 */
export function planLeafTiles(
  tileIndex: bigint | number,
  size: bigint | number,
): readonly TileId[] {
  const index = treeNumber(tileIndex, 'tile_index');
  return planInclusionTiles(index << TILE_HEIGHT, size);
}

/** PATH(i, D[n]) of RFC 6962 2.1.1 as ranges, the one next to the leaf first. */
export function inclusionRanges(index: bigint, size: bigint): readonly LeafRange[] {
  const path: LeafRange[] = [];
  let [begin, end] = [0n, size];
  while (end - begin > 1n) {
    const middle = begin + largestPowerBelow(end - begin);
    if (index < middle) {
      path.unshift({ begin: middle, end });
      end = middle;
    } else {
      path.unshift({ begin, end: middle });
      begin = middle;
    }
  }
  return path;
}

/** PROOF(m, D[n]) of RFC 6962 2.1.2 as ranges, in the order of the proof; none where the sizes are equal. */
export function consistencyRanges(oldSize: bigint, newSize: bigint): readonly LeafRange[] {
  const path: LeafRange[] = [];
  let [begin, end] = [0n, newSize];
  while (oldSize < end) {
    const middle = begin + largestPowerBelow(end - begin);
    if (oldSize <= middle) {
      path.unshift({ begin: middle, end });
      end = middle;
    } else {
      path.unshift({ begin, end: middle });
      begin = middle;
    }
  }
  // SUBPROOF's last flag: where the old tree is itself this range, its root is known and left out.
  if (begin > 0n) path.unshift({ begin, end });
  return path;
}

/** The last tile of each level, where it is partial. Together they hold every full subtree that the size is made of. */
export function edgeTiles(size: bigint): readonly TileId[] {
  const edge: TileId[] = [];
  for (let level = 0, row = size; row > 0n; level++, row >>= TILE_HEIGHT) {
    const width = Number(row % BigInt(TILE_WIDTH));
    if (width > 0) edge.push({ level, index: row >> TILE_HEIGHT, width });
  }
  return edge;
}

/**
 * The edge, then for each range the tiles that hold its hash and all tiles above them. Each full tile is one hash of
 * the tile above it, so every tile of the plan hangs on the edge, and the edge makes the root: none need be believed.
 */
export function tilesOfRanges(ranges: readonly LeafRange[], size: bigint): readonly TileId[] {
  const edge = edgeTiles(size);
  const fullTiles = new Map<string, TileId>();
  for (const { begin, end } of ranges) {
    // What is no full subtree ends at the right edge of the tree: its tiles are there already.
    const level = fullSubtreeLevel(begin, end);
    if (level === null) continue;
    let tile = { level: Math.floor(level / 8), index: begin >> tileSpan(Math.floor(level / 8)) };
    while (isFullTile(tile, size)) {
      fullTiles.set(`${tile.level}/${tile.index}`, { ...tile, width: TILE_WIDTH });
      tile = { level: tile.level + 1, index: tile.index >> TILE_HEIGHT };
    }
  }
  // From the top down, so that the tile above is known when a tile is checked.
  return [...edge, ...[...fullTiles.values()].sort((a, b) => b.level - a.level)];
}

/** The level of the full subtree over this range, or null: its length is a power of two and it begins at a multiple. */
export function fullSubtreeLevel(begin: bigint, end: bigint): number | null {
  const length = end - begin;
  const isFull = (length & (length - 1n)) === 0n && begin % length === 0n;
  return isFull ? length.toString(2).length - 1 : null;
}

/** The largest power of two strictly below n: where RFC 6962 2.1 splits a tree. */
export function largestPowerBelow(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

/** A size as a bigint, or `E_INDEX_RANGE`. */
export function treeSizeOf(size: bigint | number, smallest: bigint): bigint {
  const n = treeNumber(size, 'tree_size');
  if (n < smallest || n > MAX_TREE_SIZE) {
    throw outOfRange('tree_size', `${smallest} to ${MAX_TREE_SIZE}`, n);
  }
  return n;
}

/** An index in a tree of `size` leaves as a bigint, or `E_INDEX_RANGE`. */
export function leafIndexOf(index: bigint | number, size: bigint): bigint {
  const i = treeNumber(index, 'leaf_index');
  if (i < 0n || i >= size) throw outOfRange('leaf_index', `0 to ${size - 1n} in this tree`, i);
  return i;
}

/** Both sizes of a consistency proof, or `E_CONSISTENCY`. */
export function sizesOf(
  oldSize: bigint | number,
  newSize: bigint | number,
): readonly [bigint, bigint] {
  const m = treeNumber(oldSize, 'old_size');
  const n = treeNumber(newSize, 'new_size');
  if (m >= 1n && m <= n && n <= MAX_TREE_SIZE) return [m, n];
  throw new VerificationError('E_CONSISTENCY', {
    field: 'old_size',
    expected: `1 to ${n}`,
    actual: `${m}`,
  });
}

/** How far a leaf index is shifted to give the index of its tile at this level. */
export function tileSpan(level: number): bigint {
  return TILE_HEIGHT * BigInt(level + 1);
}

function isFullTile(tile: Pick<TileId, 'level' | 'index'>, size: bigint): boolean {
  return (tile.index + 1n) << tileSpan(tile.level) <= size;
}

function outOfRange(field: string, expected: string, actual: bigint): VerificationError {
  return new VerificationError('E_INDEX_RANGE', { field, expected, actual: `${actual}` });
}
