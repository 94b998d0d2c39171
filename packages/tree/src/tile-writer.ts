/** Turns new leaf hashes into the tiles to be written. C2SP tlog-tiles. @module */
import { CompactRange } from './compact-range.ts';
import { foldFullSubtree } from './fold.ts';
import { assertHash, assertSize, HASH_BYTES } from './node-id.ts';
import { TILE_WIDTH, type Tile, type TileId, tilePath, tileRowLength } from './tile-id.ts';
import { hashesFromTile, hashesOfTile, readTiles, type TileReader } from './tile-reader.ts';
import { rootFromUpperNodes, upperNodesOfTile } from './upper-nodes.ts';

/** A tile to be written; a full one comes with its upper nodes, which were joined on the way to its root. */
export interface NewTile extends Tile {
  readonly upperNodes: Uint8Array | null;
}

/**
 * The partial tiles of a tree of `size` leaves, lowest level first: at most 7. They are all that an
 * append has to read, and all that the root needs. A level whose last tile is full is not among them.
 */
export function planRightEdge(size: number): TileId[] {
  assertSize('size', size);
  const edge: TileId[] = [];
  for (let level = 0; tileRowLength(level, size) > 0; level += 1) {
    const row = tileRowLength(level, size);
    const width = row % TILE_WIDTH;
    if (width > 0) edge.push({ level, index: Math.floor(row / TILE_WIDTH), width });
  }
  return edge;
}

/** Fetches what `planRightEdge` names. */
export function readRightEdge(reader: TileReader, size: number): Promise<Tile[]> {
  return readTiles(reader, planRightEdge(size));
}

/**
 * The tiles that change when `leafHashes` follow a tree of `oldSize` leaves, each once, in its
 * final width. `edge` is the right edge before, as `readRightEdge(reader, oldSize)` gives it.
 * Nothing is written here; writing a tile twice is harmless.
 */
export function planTileWrites(
  oldSize: number,
  edge: readonly Tile[],
  leafHashes: readonly Uint8Array[],
): NewTile[] {
  assertEdge(oldSize, edge);
  assertSize('newSize', oldSize + leafHashes.length);
  for (const hash of leafHashes) assertHash('leafHash', hash);
  const writes: NewTile[] = [];
  let added: readonly Uint8Array[] = leafHashes;
  for (let level = 0; added.length > 0; level += 1) {
    const row = appendToRow(level, tileRowLength(level, oldSize), edge, added);
    writes.push(...row);
    added = row.flatMap(({ upperNodes }) => (upperNodes ? [rootFromUpperNodes(upperNodes)] : []));
  }
  return writes;
}

/** The same edge as a compact range, to append to and to take the root from. */
export function compactRangeFromEdge(size: number, edge: readonly Tile[]): CompactRange {
  assertEdge(size, edge);
  const hashes = [...edge].reverse().flatMap(subtreesOfPartialTile);
  return new CompactRange(size, hashes);
}

function appendToRow(
  level: number,
  oldLength: number,
  edge: readonly Tile[],
  added: readonly Uint8Array[],
): NewTile[] {
  const partial = edge.find((tile) => tile.level === level);
  const hashes = partial === undefined ? [...added] : [...hashesOfTile(partial), ...added];
  const first = Math.floor(oldLength / TILE_WIDTH);
  const tiles: NewTile[] = [];
  for (let start = 0; start < hashes.length; start += TILE_WIDTH) {
    const part = hashes.slice(start, start + TILE_WIDTH);
    const index = first + start / TILE_WIDTH;
    const joined = joinHashes(part);
    const upperNodes = part.length === TILE_WIDTH ? upperNodesOfTile(joined) : null;
    tiles.push({ level, index, width: part.length, hashes: joined, upperNodes });
  }
  return tiles;
}

/** A tile of width 11 holds full subtrees of 8, 2 and 1 hashes. */
function subtreesOfPartialTile(tile: Tile): Uint8Array[] {
  const roots: Uint8Array[] = [];
  let offset = 0;
  for (let count = TILE_WIDTH / 2; count >= 1; count /= 2) {
    if (offset + count > tile.width) continue;
    roots.push(foldFullSubtree(hashesFromTile(tile, offset, count)));
    offset += count;
  }
  return roots;
}

function assertEdge(size: number, edge: readonly Tile[]): void {
  const want = planRightEdge(size);
  const same = want.length === edge.length && want.every((id, i) => isTile(edge[i], id));
  if (same) return;
  const [wanted, got] = [want, edge].map((ids) => ids.map(pathOf).join(' ') || 'no tile');
  throw new RangeError(`"edge" of size ${size} expected ${wanted}, got ${got}`);
}

function isTile(tile: Tile | undefined, id: TileId): boolean {
  return (
    tile !== undefined &&
    tile.level === id.level &&
    tile.index === id.index &&
    tile.width === id.width &&
    tile.hashes.length === id.width * HASH_BYTES
  );
}

function pathOf(id: TileId): string {
  return tilePath(id.level, id.index, id.width);
}

function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) => {
    bytes.set(hash, i * HASH_BYTES);
  });
  return bytes;
}
