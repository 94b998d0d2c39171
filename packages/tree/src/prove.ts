/** Makes proofs and roots from stored tiles: plan, then fetch, then fold. RFC 6962 section 2.1. @module */
import { emptyRoot } from '@kapsel/verification';
import { foldFullSubtree, foldRightEdge } from './fold.ts';
import { assertSize } from './node-id.ts';
import { planConsistency, planInclusion, planRoot, type SubtreePlan } from './proof-plan.ts';
import { type NodePlace, placeOfNode, type TileId } from './tile-id.ts';
import { hashesFromTile, readSubtrees, readTiles, type TileReader } from './tile-reader.ts';

/** The hashes that lead from leaf `index` to the root of the tree of `size` leaves. */
export async function proveInclusion(
  reader: TileReader,
  index: number,
  size: number,
): Promise<Uint8Array[]> {
  return fetchAndFold(reader, planInclusion(index, size), size);
}

/** The hashes that lead from the root of `oldSize` leaves to that of `newSize`; none if equal. */
export async function proveConsistency(
  reader: TileReader,
  oldSize: number,
  newSize: number,
): Promise<Uint8Array[]> {
  return fetchAndFold(reader, planConsistency(oldSize, newSize), newSize);
}

/** The root of the first `size` leaves; reads the tiles of the right edge alone. */
export async function rootFromTiles(reader: TileReader, size: number): Promise<Uint8Array> {
  assertSize('size', size);
  if (size === 0) return emptyRoot();
  const [root = emptyRoot()] = await fetchAndFold(reader, [planRoot(size)], size);
  return root;
}

/** The tiles that hold what the plan names, each once. */
export function planTileReads(plan: readonly SubtreePlan[], size: number): TileId[] {
  const tiles = new Map<string, TileId>();
  for (const node of plan.flatMap((subtree) => subtree.nodes)) {
    const { tile } = placeOfNode(node, size);
    tiles.set(keyOf(tile), tile);
  }
  return [...tiles.values()];
}

async function fetchAndFold(
  reader: TileReader,
  plan: readonly SubtreePlan[],
  size: number,
): Promise<Uint8Array[]> {
  const nodes = plan.flatMap((subtree) => subtree.nodes);
  const places = nodes.map((node) => placeOfNode(node, size));
  const roots =
    reader.readSubtrees === undefined
      ? await joinFromTiles(reader, places, planTileReads(plan, size))
      : await readSubtrees(reader.readSubtrees, places);
  let end = 0;
  return plan.map((subtree) => {
    const begin = end;
    end += subtree.nodes.length;
    // A copy: a proof must not keep a whole tile alive, nor share bytes with a cache.
    return foldRightEdge(roots.slice(begin, end)).slice();
  });
}

async function joinFromTiles(
  reader: TileReader,
  places: readonly NodePlace[],
  ids: readonly TileId[],
): Promise<Uint8Array[]> {
  const tiles = await readTiles(reader, ids);
  const byKey = new Map(tiles.map((tile) => [keyOf(tile), tile]));
  return places.map(({ tile: id, offset, count }) => {
    const tile = byKey.get(keyOf(id));
    if (tile === undefined) throw new RangeError(`tile ${keyOf(id)} was planned, got none`);
    return foldFullSubtree(hashesFromTile(tile, offset, count));
  });
}

// Within one tree the width follows from the place.
function keyOf(tile: TileId): string {
  return `${tile.level}/${tile.index}`;
}
