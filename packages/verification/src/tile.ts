/** Hash tiles and entry bundles as a log serves them: their paths, and their bytes read strictly. C2SP tlog-tiles. @module */
import { equalBytes, hexFromBytes } from './bytes.ts';
import { VerificationError } from './errors.ts';
import { HASH_BYTES, leafHash } from './hash.ts';
import { MAX_TREE_SIZE } from './tree-numbers.ts';

/**
 * A tile holds up to 256 neighbouring hashes of tree level 8·L, each the root of one full tile of level L-1:
 *
 *     tile/1/000.p/3   [ r0 | r1 | r2 ]                      r0 = root of tile/0/000
 *                         |    |    |
 *     tile/0/000 …     [256 ] [256 ] [256 ] [ 44 ]           <- tile/0/003.p/44, here the size is 812
 */
export interface TileId {
  /** 0 to 63; trees have no tile above level 7. */
  readonly level: number;
  /** The position of the tile in its level, up to 2^63-1. */
  readonly index: bigint;
  /** How many hashes it holds: 256 in a full tile, which never changes; 1 to 255 in a partial one. */
  readonly width: number;
}

/** The entries whose hashes stand in the level-0 tile of the same index and width. */
export type EntryBundleId = Omit<TileId, 'level'>;

/** How many hashes or entries a full tile or bundle holds. C2SP tlog-tiles, "Merkle Tree". */
export const TILE_WIDTH = 256;

const MAX_TILE_LEVEL = 63; // C2SP tlog-tiles: L is 0 to 63
const ENTRY_LENGTH_BYTES = 2; // C2SP tlog-tiles: each entry behind its length, uint16 big-endian
const TILE_PATH = /^tile\/(0|[1-9][0-9]?)\/(.{1,64})$/;
const BUNDLE_PATH = /^tile\/entries\/(.{1,64})$/;
// Seven groups hold 2^63-1. No group may be dropped or added: a zero first group is refused below.
const INDEX_AND_WIDTH = /^((?:x[0-9]{3}\/){0,6}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/**
 * The path below the log's prefix. Throws `RangeError` for a level, index or width that no tile has.
 * @example encodeTilePath({ level: 0, index: 1234067n, width: 17 }) // 'tile/0/x001/x234/067.p/17'
 */
export function encodeTilePath(tile: TileId): string {
  if (!Number.isInteger(tile.level) || tile.level < 0 || tile.level > MAX_TILE_LEVEL) {
    throw new RangeError(`"level" expected an integer from 0 to ${MAX_TILE_LEVEL}`);
  }
  return `tile/${tile.level}/${encodeIndexAndWidth(tile)}`;
}

/**
 * Reads what `encodeTilePath` writes and nothing else: each tile has one path. Throws `E_FIELD`.
 * @example parseTilePath('tile/0/005').width // 256
 */
export function parseTilePath(text: string): TileId {
  const [, level, rest] = TILE_PATH.exec(text) ?? [];
  if (level === undefined || rest === undefined || Number(level) > MAX_TILE_LEVEL) {
    throw refused('tile path', 'tile/<level 0 to 63>/<index>', 'another text');
  }
  return { level: Number(level), ...parseIndexAndWidth(rest, 'tile path') };
}

/**
 * The path of an entry bundle below the log's prefix. Throws `RangeError` for an index or width that no bundle has.
 * @example encodeEntryBundlePath({ index: 5n, width: 256 }) // 'tile/entries/005'
 */
export function encodeEntryBundlePath(bundle: EntryBundleId): string {
  return `tile/entries/${encodeIndexAndWidth(bundle)}`;
}

/**
 * Reads what `encodeEntryBundlePath` writes and nothing else. Throws `E_FIELD`.
 * @example parseEntryBundlePath('tile/entries/005.p/3').width // 3
 */
export function parseEntryBundlePath(text: string): EntryBundleId {
  const rest = BUNDLE_PATH.exec(text)?.[1];
  if (rest === undefined) {
    throw refused('entry bundle path', 'tile/entries/<index>', 'another text');
  }
  return parseIndexAndWidth(rest, 'entry bundle path');
}

/**
 * The hashes of a tile, `width` views of 32 bytes into it. Where a partial tile was asked for, the full one is taken
 * too and cut, since a log may drop a partial tile once the full one exists. Any other length is `E_FIELD`. Nothing
 * is verified: `inclusionProofFromTiles` and its neighbours do that.
 * @example parseHashTile(bytes, 17).length // 17
 */
export function parseHashTile(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  assertWidth(width);
  const isFull = bytes.length === TILE_WIDTH * HASH_BYTES;
  if (bytes.length !== width * HASH_BYTES && !isFull) {
    throw refused('tile', `${width * HASH_BYTES} bytes`, `${bytes.length} bytes`);
  }
  return Array.from({ length: width }, (_, i) =>
    bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/**
 * The entries of a bundle, `width` views into it: each stands behind its length, two bytes big-endian. A full bundle
 * is cut like a full tile. A length that passes the end, another number of entries or bytes behind the last one are
 * `E_FIELD`. Nothing is verified: `verifyEntryBundle` does that.
 * @example parseEntryBundle(Uint8Array.of(0, 1, 0x61, 0, 0), 2) // [[0x61], []]
 */
export function parseEntryBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  assertWidth(width);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === TILE_WIDTH) {
      throw refused(`entries[${TILE_WIDTH}]`, 'the end of the bundle', 'more bytes');
    }
    const [high, low] = [bytes[at], bytes[at + 1]];
    const start = at + ENTRY_LENGTH_BYTES;
    const length = high === undefined || low === undefined ? 0 : high * 256 + low;
    at = start + length;
    if (at > bytes.length) {
      const missing = `${at - bytes.length} bytes too few`;
      throw refused(`entries[${entries.length}]`, 'a length and so many bytes', missing);
    }
    entries.push(bytes.subarray(start, at));
  }
  if (entries.length !== width && entries.length !== TILE_WIDTH) {
    throw refused('entry bundle', `${width} entries`, `${entries.length} entries`);
  }
  return entries.slice(0, width);
}

/**
 * Throws `E_LEAF_HASH` unless each entry is the one that its leaf hash was made of, and `E_FIELD` unless there are as
 * many hashes as entries. Take the hashes from `leafHashesFromTiles`, which has checked them against a signed root.
 * @example verifyEntryBundle(parseEntryBundle(bytes, 44), leafHashesFromTiles(3n, 812, tiles, root))
 */
export function verifyEntryBundle(
  entries: readonly Uint8Array[],
  leafHashes: readonly Uint8Array[],
): void {
  if (entries.length !== leafHashes.length) {
    throw refused('entry bundle', `${leafHashes.length} entries`, `${entries.length} entries`);
  }
  for (const [i, entry] of entries.entries()) {
    const [computed, expected] = [leafHash(entry), leafHashes[i] as Uint8Array];
    if (equalBytes(computed, expected)) continue;
    throw new VerificationError('E_LEAF_HASH', {
      field: `entries[${i}]`,
      expected: hexFromBytes(expected),
      actual: hexFromBytes(computed),
    });
  }
}

function encodeIndexAndWidth({ index, width }: EntryBundleId): string {
  if (index < 0n || index > MAX_TREE_SIZE) {
    throw new RangeError(`"index" expected 0 to 2^63-1, got ${index}`);
  }
  assertWidth(width);
  const groups = encodeIndex(index);
  return width === TILE_WIDTH ? groups : `${groups}.p/${width}`;
}

// 1234067 -> x001/x234/067: groups of three digits, all but the last behind an x.
function encodeIndex(index: bigint): string {
  const digits = `${index}`;
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return padded.replace(/[0-9]{3}(?=[0-9])/g, 'x$&/');
}

function parseIndexAndWidth(text: string, field: string): EntryBundleId {
  const [, groups, widthText] = INDEX_AND_WIDTH.exec(text) ?? [];
  if (groups === undefined) {
    throw refused(field, 'an index in groups of three digits', 'another text');
  }
  const index = BigInt(groups.replaceAll(/[x/]/g, ''));
  if (index > MAX_TREE_SIZE) throw refused(field, 'an index of at most 2^63-1', `${index}`);
  if (encodeIndex(index) !== groups) throw refused(field, encodeIndex(index), 'zero groups');
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if (widthText !== undefined && width >= TILE_WIDTH) {
    throw refused(field, `a partial width of at most ${TILE_WIDTH - 1}`, widthText);
  }
  return { index, width };
}

function assertWidth(width: number): void {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new RangeError(`"width" expected an integer from 1 to ${TILE_WIDTH}, got ${width}`);
  }
}

function refused(field: string, expected: string, actual: string): VerificationError {
  return new VerificationError('E_FIELD', { field, expected, actual });
}
