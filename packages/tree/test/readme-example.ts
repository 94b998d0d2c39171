/** The example of README.md, which a test compares with this file and runs. @module */
import {
  compactRangeFromEdge,
  planTileWrites,
  proveInclusion,
  readRightEdge,
  type Tile,
  type TileReader,
} from '@kapsel/tree';
import { leafHash, utf8FromString, verifyInclusion } from '@kapsel/verification';

// A store of tiles; a real one is a table, a folder or a bucket.
const stored = new Map<string, Tile>();
const reader: TileReader = {
  async readTile(level, index) {
    const tile = stored.get(`${level}/${index}`);
    if (tile === undefined) throw new Error(`no tile ${level}/${index}`);
    return tile.hashes;
  },
};

/** Appends leaves to a tree of `oldSize` leaves; gives the new root. */
async function append(oldSize: number, leafHashes: readonly Uint8Array[]): Promise<Uint8Array> {
  const edge = await readRightEdge(reader, oldSize); // at most 7 tiles
  for (const tile of planTileWrites(oldSize, edge, leafHashes)) {
    stored.set(`${tile.level}/${tile.index}`, tile);
  }
  const range = compactRangeFromEdge(oldSize, edge);
  for (const hash of leafHashes) range.append(hash);
  return range.root();
}

const leaves = ['first', 'second', 'third'].map((text) => leafHash(utf8FromString(text)));
await append(0, leaves.slice(0, 2));
const root = await append(2, leaves.slice(2));

const path = await proveInclusion(reader, 1, 3);
verifyInclusion(leaves[1] as Uint8Array, 1, 3, path, root); // throws unless the path leads to the root
