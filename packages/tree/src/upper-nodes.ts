/** The upper nodes of a full tile: with them, a proof needs 16 of its 256 hashes and joins at most 11. @module */
import { nodeHash } from '@kapsel/verification';
import { HASH_BYTES } from './node-id.ts';
import { TILE_WIDTH } from './tile-id.ts';

/**
 * The nodes over 16, 32, 64 and 128 hashes of a full tile, side by side and the lowest first; each group of 16 hashes
 * is left to whoever reads it. The root over all 256 is not among them: it stands in the tile above.
 *
 * ```
 * 128       28               29          16 + 8 + 4 + 2 = 30 nodes, 960 bytes
 *  64    24    25         26    27
 *  32  16 17  18 19     20 21  22 23
 *  16  0 1 2 3 4 5 6 7  8 9  ...  15     position
 *     [16][16] ...              [16]     hashes of the tile
 * ```
 */
export const GROUP_WIDTH = 16;
const UPPER_NODES = 30;
export const UPPER_NODES_BYTES: number = UPPER_NODES * HASH_BYTES;

/** Joins them from the 256 hashes of a full tile. */
export function upperNodesOfTile(hashes: Uint8Array): Uint8Array {
  if (hashes.length !== TILE_WIDTH * HASH_BYTES) {
    throw new RangeError(`"hashes" expected a full tile, got ${hashes.length} bytes`);
  }
  const nodes = new Uint8Array(UPPER_NODES_BYTES);
  let row = hashes;
  let end = 0;
  while (row.length > 2 * HASH_BYTES) {
    row = joinPairs(row);
    if (row.length > (TILE_WIDTH / GROUP_WIDTH) * HASH_BYTES) continue;
    nodes.set(row, end);
    end += row.length;
  }
  return nodes;
}

/** The root over the whole tile. */
export function rootFromUpperNodes(upperNodes: Uint8Array): Uint8Array {
  return nodeHash(hashAt(upperNodes, UPPER_NODES - 2), hashAt(upperNodes, UPPER_NODES - 1));
}

/** The node over `count` hashes of the tile from position `offset`: 16, 32, 64 or 128 of them. A view. */
export function findUpperNode(upperNodes: Uint8Array, offset: number, count: number): Uint8Array {
  const isUpper = [16, 32, 64, 128].includes(count) && offset % count === 0;
  if (!isUpper || offset < 0 || offset >= TILE_WIDTH || upperNodes.length !== UPPER_NODES_BYTES) {
    throw new RangeError(`no upper node is over ${count} hashes from ${offset}`);
  }
  // Below the row of 256 / count nodes stand 32 - 2 * 256 / count others.
  return hashAt(upperNodes, 32 - (2 * TILE_WIDTH) / count + offset / count);
}

function joinPairs(row: Uint8Array): Uint8Array {
  const above = new Uint8Array(row.length / 2);
  for (let start = 0; start < above.length; start += HASH_BYTES) {
    const [left, right] = [2 * start, 2 * start + HASH_BYTES];
    above.set(nodeHash(row.subarray(left, right), row.subarray(right, right + HASH_BYTES)), start);
  }
  return above;
}

function hashAt(nodes: Uint8Array, position: number): Uint8Array {
  return nodes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
}
