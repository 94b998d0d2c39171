/** The public list of @kapsel/tree: making RFC 6962 trees, tiles and proofs. @module */

export type { NodeListener } from './compact-range.ts';
export { CompactRange, compactRangeFromHashes } from './compact-range.ts';
export { MemoryTree } from './memory-tree.ts';
export type { NodeId } from './node-id.ts';
export type { SubtreePlan } from './proof-plan.ts';
export { planConsistency, planInclusion, planRoot } from './proof-plan.ts';
export { planTileReads, proveConsistency, proveInclusion, rootFromTiles } from './prove.ts';
export type { NodePlace, Tile, TileId } from './tile-id.ts';
export {
  parseTilePath,
  TILE_WIDTH,
  TilePathError,
  tilePath,
  tileWidthAt,
} from './tile-id.ts';
export type { TileReader } from './tile-reader.ts';
export type { NewTile } from './tile-writer.ts';
export {
  compactRangeFromEdge,
  planRightEdge,
  planTileWrites,
  readRightEdge,
} from './tile-writer.ts';
export { findUpperNode, GROUP_WIDTH, UPPER_NODES_BYTES, upperNodesOfTile } from './upper-nodes.ts';
