/** Proofs that a client computes from tiles by itself, each tile checked against the signed root first. RFC 6962 2.1, C2SP tlog-tiles. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { emptyRoot, HASH_BYTES, nodeHash } from './hash.ts';
import type { TileId } from './tile.ts';
import { encodeTilePath, parseHashTile, TILE_WIDTH } from './tile.ts';
import type { LeafRange } from './tile-plan.ts';
import {
  consistencyRanges,
  edgeTiles,
  fullSubtreeLevel,
  inclusionRanges,
  largestPowerBelow,
  leafIndexOf,
  planConsistencyTiles,
  planInclusionTiles,
  planLeafTiles,
  sizesOf,
  TILE_HEIGHT,
  treeSizeOf,
} from './tile-plan.ts';
import { assertHashLength, treeNumber } from './tree-numbers.ts';

/** What a client found out about one leaf: hashes of 32 bytes each, the one next to the leaf first. */
export interface TileInclusionProof {
  readonly leafHash: Uint8Array;
  readonly proofHashes: readonly Uint8Array[];
}

/**
 * The root of the first `size` leaves, from the bytes of `planRootTiles(size)` in that order. The root of an empty tree
 * needs none. Nothing is authenticated by this: compare the result with a signed head. Throws `E_INDEX_RANGE` for the
 * size, `E_FIELD` with the path of a tile that has another length, `RangeError` for another number of tiles.
 * @example equalBytes(rootFromTiles(812, tiles), checkpoint.rootHash)
 */
export function rootFromTiles(size: bigint | number, tiles: readonly Uint8Array[]): Uint8Array {
  const n = treeSizeOf(size, 0n);
  return rootOfEdge(readTiles(edgeTiles(n), tiles), n).slice();
}

/**
 * The hash of leaf `index` and its path in the tree of `size` leaves, from the bytes of
 * `planInclusionTiles(index, size)` in that order. `size` and `root` come from a signed head.
 *
 * No tile is believed: the partial ones must make the root, and each full one must be the hash in the tile above it,
 * with all its 256 hashes. Throws `E_ROOT_MISMATCH` with the path of the tile that lies (`root_hash` where the edge as a
 * whole does), `E_FIELD` with the path of a tile of another length, `E_INDEX_RANGE`; `RangeError` for another number
 * of tiles.
 * @example verifyInclusion(leafHash(entry), 5, 812, inclusionProofFromTiles(5, 812, tiles, root).proofHashes, root)
 */
export function inclusionProofFromTiles(
  index: bigint | number,
  size: bigint | number,
  tiles: readonly Uint8Array[],
  root: Uint8Array,
): TileInclusionProof {
  const n = treeSizeOf(size, 1n);
  const i = leafIndexOf(index, n);
  const known = authenticate(planInclusionTiles(i, n), tiles, n, root);
  return {
    leafHash: hashOfRange(known, { begin: i, end: i + 1n }).slice(),
    proofHashes: inclusionRanges(i, n).map((range) => hashOfRange(known, range).slice()),
  };
}

/**
 * The proof that the tree of `newSize` leaves begins with that of `oldSize`, from the bytes of
 * `planConsistencyTiles(oldSize, newSize)` in that order; empty where the sizes are equal. `newSize` and `newRoot` come
 * from a signed head. Whether the old root fits is what `verifyConsistency` then says.
 *
 * Tiles are checked as by `inclusionProofFromTiles`, with the same errors; sizes are refused with `E_CONSISTENCY`.
 * @example verifyConsistency(oldRoot, newRoot, 256, 812, consistencyProofFromTiles(256, 812, tiles, newRoot))
 */
export function consistencyProofFromTiles(
  oldSize: bigint | number,
  newSize: bigint | number,
  tiles: readonly Uint8Array[],
  newRoot: Uint8Array,
): readonly Uint8Array[] {
  const [m, n] = sizesOf(oldSize, newSize);
  const known = authenticate(planConsistencyTiles(m, n), tiles, n, newRoot);
  return consistencyRanges(m, n).map((range) => hashOfRange(known, range).slice());
}

/**
 * The leaf hashes of one level-0 tile, 1 to 256 of them, from the bytes of `planLeafTiles(tileIndex, size)` in that
 * order: what `verifyEntryBundle` compares entries with. Tiles are checked as by `inclusionProofFromTiles`, with the
 * same errors.
 * @example leafHashesFromTiles(3, 812, tiles, root).length // 44
 */
export function leafHashesFromTiles(
  tileIndex: bigint | number,
  size: bigint | number,
  tiles: readonly Uint8Array[],
  root: Uint8Array,
): readonly Uint8Array[] {
  const n = treeSizeOf(size, 1n);
  const index = treeNumber(tileIndex, 'tile_index');
  const known = authenticate(planLeafTiles(index, n), tiles, n, root);
  return hashesOf(known, 0, index).map((hash) => hash.slice());
}

/** Hashes of tiles by level and index. */
type KnownTiles = ReadonlyMap<string, readonly Uint8Array[]>;

function keyOf(level: number, index: bigint): string {
  return `${level}/${index}`;
}

function hashesOf(tiles: KnownTiles, level: number, index: bigint): readonly Uint8Array[] {
  return tiles.get(keyOf(level, index)) as readonly Uint8Array[]; // every plan names what its fold asks for
}

function readTiles(plan: readonly TileId[], tiles: readonly Uint8Array[]): KnownTiles {
  if (tiles.length !== plan.length) {
    throw new RangeError(`"tiles" expected ${plan.length} as planned, got ${tiles.length}`);
  }
  return new Map(
    plan.map((tile, i) => [keyOf(tile.level, tile.index), readTile(tile, tiles[i] as Uint8Array)]),
  );
}

function readTile(tile: TileId, bytes: Uint8Array): readonly Uint8Array[] {
  try {
    return parseHashTile(bytes, tile.width); // from the network
  } catch (cause) {
    refusalOf(cause);
    throw new VerificationError('E_FIELD', {
      field: encodeTilePath(tile),
      expected: `${HASH_BYTES * tile.width} bytes`,
      actual: `${bytes.length} bytes`,
      cause,
    });
  }
}

// From the root down: the edge makes the root, and a full tile is one hash of the tile above, which is known by then.
function authenticate(
  plan: readonly TileId[],
  tiles: readonly Uint8Array[],
  size: bigint,
  root: Uint8Array,
): KnownTiles {
  assertHashLength(root, 'root_hash');
  const known = readTiles(plan, tiles);
  assertSameHash(rootOfEdge(known, size), root, 'root_hash');
  for (const tile of plan.filter(({ width }) => width === TILE_WIDTH)) {
    const above = hashesOf(known, tile.level + 1, tile.index >> TILE_HEIGHT);
    const stated = above[Number(tile.index % BigInt(TILE_WIDTH))] as Uint8Array;
    const computed = rootOfFullSubtree(hashesOf(known, tile.level, tile.index));
    assertSameHash(computed, stated, encodeTilePath(tile));
  }
  return known;
}

// Size 11 = 8 + 2 + 1 has three full subtrees; the smallest stands rightmost and is joined first.
function rootOfEdge(known: KnownTiles, size: bigint): Uint8Array {
  const subtrees = edgeTiles(size).flatMap(({ level, index, width }) =>
    subtreesOfPartialTile(hashesOf(known, level, index), width),
  );
  return subtrees.length === 0
    ? emptyRoot()
    : subtrees.reduce((right, left) => nodeHash(left, right));
}

// The smallest subtree first, as the lowest level comes first in the edge.
function subtreesOfPartialTile(
  hashes: readonly Uint8Array[],
  width: number,
): readonly Uint8Array[] {
  const roots: Uint8Array[] = [];
  let end = width;
  for (let count = 1; count < TILE_WIDTH; count *= 2) {
    if ((width & count) === 0) continue;
    roots.push(rootOfFullSubtree(hashes.slice(end - count, end)));
    end -= count;
  }
  return roots;
}

/** MTH over a range of leaves: a full subtree stands in one tile, what is ragged is split as RFC 6962 2.1 splits it. */
function hashOfRange(known: KnownTiles, { begin, end }: LeafRange): Uint8Array {
  const level = fullSubtreeLevel(begin, end);
  if (level === null) {
    const middle = begin + largestPowerBelow(end - begin);
    const left = hashOfRange(known, { begin, end: middle });
    return nodeHash(left, hashOfRange(known, { begin: middle, end }));
  }
  const tileLevel = Math.floor(level / 8);
  const first = begin >> (TILE_HEIGHT * BigInt(tileLevel));
  const offset = Number(first % BigInt(TILE_WIDTH));
  const hashes = hashesOf(known, tileLevel, first >> TILE_HEIGHT);
  return rootOfFullSubtree(hashes.slice(offset, offset + 2 ** (level % 8)));
}

/** Joins 1, 2, 4, … 256 neighbouring hashes of one level. */
function rootOfFullSubtree(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const below = row;
    row = Array.from({ length: below.length / 2 }, (_, i) =>
      nodeHash(below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array),
    );
  }
  return row[0] as Uint8Array;
}

function assertSameHash(computed: Uint8Array, expected: Uint8Array, field: string): void {
  if (equalBytes(computed, expected)) return;
  throw new VerificationError('E_ROOT_MISMATCH', {
    field,
    expected: hexFromBytes(expected),
    actual: hexFromBytes(computed),
  });
}
