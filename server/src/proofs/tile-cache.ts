/** Pieces of tiles in memory: those of full ones while there is room, partial tiles by their width, missing ones read many at once. @module */
import { GROUP_WIDTH, type NodePlace, TILE_WIDTH, type TileReader } from '@kapsel/tree';
import { LRUCache } from 'lru-cache';
import { type FoundPart, findTileParts, type TilePart } from '../attestation/tile-store.ts';
import { Batcher } from '../base/batcher.ts';
import { Failure } from '../base/failure.ts';
import type { LogId } from '../base/ids.ts';
import type { Reads } from '../db/reads.ts';
import { TileNodes, type TilePiece, UpperNodes } from './tile-nodes.ts';

const HASH_BYTES = 32;

export interface TileCacheDeps {
  readonly reads: Reads;
  /** Bound of what is kept of full tiles. At the bound, what was used longest ago goes. */
  readonly maxBytes: number;
  readonly onRequest: (result: 'hit' | 'miss') => void;
}

/** A reader of one log for one answer. */
export interface CachedTiles extends TileReader {
  readonly readSubtrees: (places: readonly NodePlace[]) => Promise<readonly Uint8Array[]>;
  /** Drops all that this reader gave out: what was made of it turned out wrong. */
  forget(): void;
}

interface Wanted {
  readonly logId: LogId;
  readonly level: number;
  readonly index: number;
  /** What the tile holds in the tree that is asked about. */
  readonly width: number;
  readonly part: TilePart;
}

const MAX_PARTIAL_BYTES = 4 * 1024 * 1024;
const ENTRY_BYTES = 300; // what the engine needs beside the bytes of a piece
const READERS = 2;
const MAX_TOGETHER = 1_024;
const MAX_WAITING = 65_536;

/**
 * A tile of a signed size never changes: its first hashes stay what they are while it grows. So an entry is right for
 * ever, head and tiles may be read at different moments, and no transaction has to hold them together.
 */
export class TileCache {
  readonly #deps: TileCacheDeps;
  /** Of full tiles: groups, upper nodes, and whole ones, for those who want all hashes or where upper nodes are not stored. */
  readonly #full: LRUCache<string, TilePiece>;
  /** Keyed with the width: what a narrower tree has there is a beginning of it, and another tile. */
  readonly #partial: LRUCache<string, TileNodes>;
  /** Loads in flight; each ends by itself, with its query. */
  readonly #loading = new Map<string, Promise<TilePiece>>();
  /** What is asked for while the readers are busy becomes one query. */
  readonly #batcher: Batcher<Wanted, { readonly found: FoundPart | null }>;

  constructor(deps: TileCacheDeps) {
    this.#deps = deps;
    const sizeCalculation = ({ sizeBytes }: TilePiece): number => sizeBytes + ENTRY_BYTES;
    this.#full = new LRUCache<string, TilePiece>({ maxSize: deps.maxBytes, sizeCalculation });
    this.#partial = new LRUCache<string, TileNodes>({
      maxSize: MAX_PARTIAL_BYTES,
      sizeCalculation,
    });
    this.#batcher = new Batcher({
      flush: (wanted) => findAll(deps.reads, wanted),
      sizeOf: () => 1,
      maxBatchRows: MAX_TOGETHER,
      maxBatchBytes: MAX_TOGETHER,
      writers: READERS,
      maxWaiting: MAX_WAITING,
      overloaded: () => new Failure('overloaded', 'Too many proofs are waiting'),
      isRowFault: () => false,
    });
  }

  reader(logId: LogId): CachedTiles {
    const given = new Set<string>();
    const find = (wanted: Wanted): TilePiece | Promise<TilePiece> => {
      for (const key of keysOf(wanted)) given.add(key);
      return this.#find(wanted);
    };
    return {
      readTile: async (level, index, width) => {
        const piece = await find({ logId, level, index, width, part: 'whole' });
        if (piece instanceof TileNodes) return piece.bytes;
        throw new Error(`tile ${level}/${index} was answered in parts`);
      },
      readSubtrees: async (places) => {
        const pieces = piecesOf(logId, places);
        const found = await Promise.all(pieces.wanted.map(find));
        return places.map(({ offset, count }, i) => {
          const piece = found[pieces.positions[i] ?? 0];
          if (piece === undefined) throw new RangeError('a piece was not asked for');
          return piece.subtreeRoot(offset, count);
        });
      },
      forget: () => {
        for (const key of given) this.#partial.delete(key);
        for (const key of given) this.#full.delete(key);
      },
    };
  }

  #find(wanted: Wanted): TilePiece | Promise<TilePiece> {
    const [partKey, tileKey, widthKey] = keysOf(wanted);
    const known =
      this.#full.get(partKey) ??
      this.#full.get(tileKey) ??
      (wanted.width < TILE_WIDTH ? this.#partial.get(widthKey) : undefined);
    this.#deps.onRequest(known === undefined ? 'miss' : 'hit');
    if (known !== undefined) return known;
    const key = `${partKey} ${wanted.width}`;
    const loading = this.#loading.get(key);
    if (loading !== undefined) return loading;
    const load = this.#load(wanted).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  async #load(wanted: Wanted): Promise<TilePiece> {
    const { level, index, width, part } = wanted;
    const [partKey, tileKey, widthKey] = keysOf(wanted);
    const { found } = await this.#batcher.submit(wanted); // from the store, not trusted
    if (found === null) throw new Error(`tile ${level}/${index} is missing`);
    const { bytes, isWhole } = found;
    if (!isWhole) return this.#keepPart(partKey, part, bytes);
    if (bytes.length < width * HASH_BYTES) {
      const got = bytes.length / HASH_BYTES;
      throw new RangeError(`tile ${level}/${index} expected width ${width}, got ${got}`);
    }
    // A tile that became full meanwhile serves every width from now on.
    const isFull = bytes.length === TILE_WIDTH * HASH_BYTES;
    const tile = new TileNodes(isFull ? bytes : bytes.subarray(0, width * HASH_BYTES));
    if (isFull) this.#full.set(tileKey, tile);
    else this.#partial.set(widthKey, tile);
    return tile;
  }

  #keepPart(key: string, part: TilePart, bytes: Uint8Array): TilePiece {
    if (part === 'whole') throw new Error('a whole tile was answered in parts');
    if (part !== 'upper' && bytes.length !== GROUP_WIDTH * HASH_BYTES) {
      throw new RangeError(`a group of hashes has ${bytes.length} bytes`);
    }
    const piece =
      part === 'upper' ? new UpperNodes(bytes) : new TileNodes(bytes, part * GROUP_WIDTH);
    this.#full.set(key, piece);
    return piece;
  }
}

/** The distinct pieces that these places lie in, and which of them each place is in. */
function piecesOf(
  logId: LogId,
  places: readonly NodePlace[],
): { wanted: Wanted[]; positions: number[] } {
  const wanted: Wanted[] = [];
  const positions = places.map(({ tile: { level, index, width }, offset, count }) => {
    const part = count < GROUP_WIDTH ? Math.floor(offset / GROUP_WIDTH) : 'upper';
    const known = wanted.findIndex(
      (other) => other.part === part && other.index === index && other.level === level,
    );
    if (known !== -1) return known;
    return wanted.push({ logId, level, index, width, part }) - 1;
  });
  return { wanted, positions };
}

/** The keys under which a piece may be kept: as itself, in a whole full tile, in a partial tile of its width. */
function keysOf({ logId, level, index, width, part }: Wanted): [string, string, string] {
  const tileKey = `${logId}/${level}/${index}`;
  return [`${tileKey} ${part}`, tileKey, `${tileKey}/${width}`];
}

/** One query for each log. */
async function findAll(
  reads: Reads,
  wanted: readonly Wanted[],
): Promise<{ found: FoundPart | null }[]> {
  const byLog = new Map<LogId, Wanted[]>();
  for (const each of wanted) {
    const list = byLog.get(each.logId);
    if (list === undefined) byLog.set(each.logId, [each]);
    else list.push(each);
  }
  const results = new Map<Wanted, FoundPart | null>();
  await Promise.all(
    [...byLog].map(async ([logId, list]) => {
      const found = await reads.near(
        (db) => findTileParts(db, logId, list),
        (parts) => list.every((each, i) => isEnough(each, parts[i] ?? null)),
      );
      for (const [i, each] of list.entries()) results.set(each, found[i] ?? null);
    }),
  );
  return wanted.map((each) => ({ found: results.get(each) ?? null }));
}

/** A replica that is behind has tiles that are missing or too narrow yet. */
function isEnough({ width }: Wanted, found: FoundPart | null): boolean {
  return found !== null && (!found.isWhole || found.bytes.length >= width * HASH_BYTES);
}
