/** The contract of whoever keeps the tiles, and reading through it with every length checked. @module */
import { assertHash, HASH_BYTES } from './node-id.ts';
import { type NodePlace, TILE_WIDTH, type Tile, type TileId, tilePath } from './tile-id.ts';

/**
 * Gives out stored tiles.
 *
 * - **Which tile.** Only tiles of a committed size are asked for; `width` is what that size has.
 *   A reader may return a wider tile, because partial tiles are replaced by wider ones with the
 *   same beginning: it is cut to `width` here. It must not return a narrower one.
 * - **Consistency.** Hashes once given out for a position never change. Different tiles may be
 *   read at different moments; that does no harm, as the asked-for hashes are the same in all.
 * - **Concurrency.** `readTile` is called for several tiles at once.
 * - **Failure.** A tile that is not there, or a store that is away, rejects; nobody retries here.
 * - **Trust.** None. Lengths are checked here; a wrong hash gives a proof that does not verify.
 * - **Ownership.** The bytes are not written to, and may be shared with a cache.
 */
export interface TileReader {
  readTile(level: number, index: number, width: number): Promise<Uint8Array>;
  /**
   * The roots over `count` hashes of a tile from position `offset`, one for each place in order: for
   * a reader that keeps inner nodes and need not read whole tiles. Where it is there, proofs ask for
   * nothing else. At most 128 hashes, and never from beyond the tile's `width`.
   */
  readonly readSubtrees?: (places: readonly NodePlace[]) => Promise<readonly Uint8Array[]>;
}

/** Reads the tiles, all at once, each cut to the width that was asked for. */
export function readTiles(reader: TileReader, ids: readonly TileId[]): Promise<Tile[]> {
  return Promise.all(ids.map((id) => readTile(reader, id)));
}

/** What `readSubtrees` gives out, each a whole hash. */
export async function readSubtrees(
  read: NonNullable<TileReader['readSubtrees']>,
  places: readonly NodePlace[],
): Promise<readonly Uint8Array[]> {
  const roots = await read(places); // from the store, not trusted
  if (roots.length !== places.length) {
    throw new RangeError(`subtrees expected ${places.length} roots, got ${roots.length}`);
  }
  for (const root of roots) assertHash('root', root);
  return roots;
}

/** The hashes of a tile, each a view into it. */
export function hashesOfTile(tile: Tile): Uint8Array[] {
  return hashesFromTile(tile, 0, tile.width);
}

/** `count` hashes of a tile from position `offset`, each a view into it. */
export function hashesFromTile(tile: Tile, offset: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const start = (offset + i) * HASH_BYTES;
    return tile.hashes.subarray(start, start + HASH_BYTES);
  });
}

async function readTile(reader: TileReader, id: TileId): Promise<Tile> {
  const bytes = await reader.readTile(id.level, id.index, id.width); // from the store, not trusted
  const wanted = id.width * HASH_BYTES;
  const whole = bytes.length % HASH_BYTES === 0 && bytes.length <= TILE_WIDTH * HASH_BYTES;
  if (!whole || bytes.length < wanted) {
    const path = tilePath(id.level, id.index, id.width);
    throw new RangeError(`tile ${path} expected ${wanted} bytes, got ${bytes.length}`);
  }
  return { ...id, hashes: bytes.subarray(0, wanted) };
}
