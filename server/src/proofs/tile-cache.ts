/** Tiles in memory: full ones for as long as there is room, partial ones by their width, missing ones read many at once. @module */
import { TILE_WIDTH, type Tile, type TileReader } from '@kapsel/tree';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import { findTiles } from '../attestation/tile-store.ts';
import type { LogId } from '../base/ids.ts';
import { TileNodes } from './tile-nodes.ts';

const HASH_BYTES = 32;

export interface TileCacheDeps {
  readonly pool: Pool;
  /** Bound of the full tiles with their inner nodes. At the bound, those used longest ago go. */
  readonly maxBytes: number;
  readonly onRequest: (result: 'hit' | 'miss') => void;
}

/** A reader of one log for one answer. */
export interface CachedTiles extends TileReader {
  readonly subtreeRoot: (tile: Tile, offset: number, count: number) => Uint8Array;
  /** Drops all that this reader gave out: what was made of it turned out wrong. */
  forget(): void;
}

interface Wanted {
  readonly key: string;
  readonly level: number;
  readonly index: number;
  readonly width: number;
  readonly resolve: (tile: TileNodes) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_PARTIAL_BYTES = 4 * 1024 * 1024;

/**
 * A tile of a signed size never changes: its first hashes stay what they are while it grows. So an entry is right for
 * ever, head and tiles may be read at different moments, and no transaction has to hold them together.
 */
export class TileCache {
  readonly #deps: TileCacheDeps;
  readonly #full: LRUCache<string, TileNodes>;
  /** Keyed with the width: what a narrower tree has there is a beginning of it, and another tile. */
  readonly #partial: LRUCache<string, TileNodes>;
  /** Loads in flight; each ends by itself, with its query. */
  readonly #loading = new Map<string, Promise<TileNodes>>();
  /** Asked for since the last query was sent, by log. */
  readonly #wanted = new Map<LogId, Wanted[]>();

  constructor(deps: TileCacheDeps) {
    this.#deps = deps;
    const sizeCalculation = ({ sizeBytes }: TileNodes): number => sizeBytes;
    this.#full = new LRUCache({ maxSize: deps.maxBytes, sizeCalculation });
    this.#partial = new LRUCache({ maxSize: MAX_PARTIAL_BYTES, sizeCalculation });
  }

  reader(logId: LogId): CachedTiles {
    const given = new Map<string, TileNodes>();
    return {
      readTile: async (level, index, width) => {
        const tile = await this.#tile(logId, level, index, width);
        given.set(keyOf(logId, level, index, width), tile);
        return tile.bytes;
      },
      subtreeRoot: ({ level, index, width }, offset, count) => {
        const tile = given.get(keyOf(logId, level, index, width));
        if (tile === undefined) throw new RangeError(`tile ${level}/${index} was not given out`);
        return tile.subtreeRoot(offset, count);
      },
      forget: () => {
        for (const key of given.keys()) this.#partial.delete(key);
        for (const key of given.keys()) this.#full.delete(fullKeyOf(key));
      },
    };
  }

  #tile(logId: LogId, level: number, index: number, width: number): Promise<TileNodes> {
    const key = keyOf(logId, level, index, width);
    const known = this.#full.get(fullKeyOf(key)) ?? this.#partial.get(key);
    this.#deps.onRequest(known === undefined ? 'miss' : 'hit');
    if (known !== undefined) return Promise.resolve(known);
    const loading = this.#loading.get(key);
    if (loading !== undefined) return loading;
    const load = new Promise<TileNodes>((resolve, reject) => {
      this.#enqueue(logId, { key, level, index, width, resolve, reject });
    }).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }

  // A proof asks for its tiles in one go, so all that is asked for before the next turn is one query.
  #enqueue(logId: LogId, wanted: Wanted): void {
    const waiting = this.#wanted.get(logId);
    if (waiting !== undefined) {
      waiting.push(wanted);
      return;
    }
    const list = [wanted];
    this.#wanted.set(logId, list);
    queueMicrotask(() => {
      this.#wanted.delete(logId);
      // Never rejects: each who waits hears for himself.
      void this.#load(logId, list);
    });
  }

  async #load(logId: LogId, list: readonly Wanted[]): Promise<void> {
    try {
      const found = await findTiles(this.#deps.pool, logId, list);
      const byPlace = new Map(found.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]));
      for (const wanted of list) {
        const hashes = byPlace.get(`${wanted.level}/${wanted.index}`); // from the store, not trusted
        try {
          wanted.resolve(this.#keep(wanted, hashes));
        } catch (error) {
          wanted.reject(error);
        }
      }
    } catch (error) {
      for (const { reject } of list) reject(error);
    }
  }

  #keep({ key, level, index, width }: Wanted, hashes: Uint8Array | undefined): TileNodes {
    if (hashes === undefined) throw new Error(`tile ${level}/${index} is missing`);
    const wantedBytes = width * HASH_BYTES;
    if (hashes.length < wantedBytes) {
      const got = hashes.length / HASH_BYTES;
      throw new RangeError(`tile ${level}/${index} expected width ${width}, got ${got}`);
    }
    // A tile that became full meanwhile serves every width from now on.
    if (hashes.length === TILE_WIDTH * HASH_BYTES) {
      const full = new TileNodes(hashes);
      this.#full.set(fullKeyOf(key), full);
      return full;
    }
    const partial = new TileNodes(hashes.subarray(0, wantedBytes));
    this.#partial.set(key, partial);
    return partial;
  }
}

function keyOf(logId: LogId, level: number, index: number, width: number): string {
  return `${logId}/${level}/${index}/${width}`;
}

function fullKeyOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}
