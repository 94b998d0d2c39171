/** Names a tile, finds nodes in it, and writes its path text. C2SP tlog-tiles. @module */
import { assertSize, type NodeId } from './node-id.ts';

/**
 * A tile is up to 256 neighbouring hashes of one level. Tile level L holds the nodes of tree level
 * 8 L, so each of its hashes is the root of one full tile of level L-1:
 *
 * ```
 * tile 1/000      [ r0 | r1 | r2 ]                         r0 = root of tile 0/000
 *                    |    |    |
 * tiles 0/000.. [256 ] [256 ] [256 ] [ 44 ]  <- 0/003.p/44  here size 812
 * ```
 *
 * `width` is the number of hashes, 1 to 256. A tile of width 256 never changes; a partial one is
 * only ever replaced by a wider one that begins with the same hashes.
 */
export interface TileId {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** A tile and what it holds: `hashes` is `width * 32` bytes. */
export interface Tile extends TileId {
  readonly hashes: Uint8Array;
}

/** Where a node's value comes from: `count` hashes of `tile`, beginning at position `offset`. */
export interface NodePlace {
  readonly tile: TileId;
  readonly offset: number;
  readonly count: number;
}

/** A tile path that is not written as tlog-tiles demands; a server answers it with 404. */
export class TilePathError extends Error {
  override readonly name = 'TilePathError';
}

export const TILE_WIDTH = 256; // tlog-tiles: full tiles hold 256 hashes
const TILE_HEIGHT = 8; // 2^8 = 256
const HIGHEST_LEVEL = 63; // tlog-tiles: L is 0 to 63
const TILE_PATH = /^(0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** How many hashes a tree of `size` leaves has at this tile level. */
export function tileRowLength(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level); // exact: divides by a power of two
}

/** How many of them stand in tile `index`, 0 to 256; 0 means that this tile does not exist yet. */
export function tileWidthAt(level: number, index: number, size: number): number {
  const width = tileRowLength(level, size) - index * TILE_WIDTH;
  return Math.min(TILE_WIDTH, Math.max(0, width));
}

/** The tile of a tree of `size` leaves that holds the node, or the hashes just below it. */
export function placeOfNode(node: NodeId, size: number): NodePlace {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const count = 2 ** (node.level % TILE_HEIGHT);
  const first = node.index * count;
  const index = Math.floor(first / TILE_WIDTH);
  const offset = first - index * TILE_WIDTH;
  const width = tileWidthAt(level, index, size);
  if (offset + count > width) {
    throw new RangeError(`node ${node.level}/${node.index} is not complete at size ${size}`);
  }
  return { tile: { level, index, width }, offset, count };
}

/** `0/x001/x234/067`, and `.p/<width>` behind it for a partial tile. */
export function tilePath(level: number, index: number, width: number): string {
  assertSize('index', index);
  if (!Number.isInteger(level) || level < 0 || level > HIGHEST_LEVEL) {
    throw new RangeError(`"level" expected an integer from 0 to ${HIGHEST_LEVEL}, got ${level}`);
  }
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new RangeError(`"width" expected an integer from 1 to ${TILE_WIDTH}, got ${width}`);
  }
  const full = `${level}/${encodeIndex(index)}`;
  return width === TILE_WIDTH ? full : `${full}.p/${width}`;
}

/** Reads what `tilePath` writes and nothing else: there is one text for each tile. */
export function parseTilePath(text: string): TileId {
  const match = TILE_PATH.exec(text); // from the network
  if (match === null) throw new TilePathError('not a tile path');
  const [, levelText = '', indexText = '', widthText] = match;
  const level = Number(levelText);
  const index = Number(indexText.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if (level > HIGHEST_LEVEL) throw new TilePathError('tile level above 63');
  if (!Number.isSafeInteger(index)) throw new TilePathError('tile index above 2^53-1');
  if (encodeIndex(index) !== indexText) throw new TilePathError('tile index with zero groups');
  if (widthText !== undefined && width >= TILE_WIDTH) {
    throw new TilePathError('partial tile wider than 255');
  }
  return { level, index, width };
}

function encodeIndex(index: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    const digits = String(rest % 1000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
  }
  return groups.join('/');
}
