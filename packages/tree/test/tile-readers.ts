/** Tile readers for tests: over a tree in memory, over written tiles, over a definition. @module */
import type { MemoryTree } from '../src/memory-tree.ts';
import { TILE_WIDTH, type Tile, tilePath } from '../src/tile-id.ts';
import type { TileReader } from '../src/tile-reader.ts';
import type { Mth } from './reference.ts';

/** A reader that also says which tiles were asked for. */
export interface CountingReader extends TileReader {
  readonly asked: string[];
}

function readerOf(
  hashAt: (level: number, position: number) => Uint8Array,
  widthOf: (level: number, index: number, width: number) => number = (_level, _index, width) =>
    width,
): CountingReader {
  const asked: string[] = [];
  return {
    asked,
    async readTile(level, index, width) {
      asked.push(tilePath(level, index, width));
      const bytes = new Uint8Array(widthOf(level, index, width) * 32);
      for (let i = 0; i * 32 < bytes.length; i += 1) {
        bytes.set(hashAt(level, index * TILE_WIDTH + i), i * 32);
      }
      return bytes;
    },
  };
}

/** Tiles cut from the nodes of a tree in memory, exactly as wide as asked for. */
export function readerOfTree(tree: MemoryTree): CountingReader {
  return readerOf((level, index) => tree.hashOfNode({ level: 8 * level, index }));
}

/** Tiles of a tree that is defined by its subtrees, of any size. */
export function readerOfMth(mth: Mth): CountingReader {
  return readerOf((level, position) => {
    const width = 2 ** (8 * level);
    return mth(position * width, (position + 1) * width);
  });
}

/** What a store keeps: the widest version of each tile, whatever width is asked for. */
export class TileStore implements TileReader {
  readonly tiles = new Map<string, Tile>();

  /** Refuses what the contract forbids: narrower tiles and other beginnings. */
  upsert(writes: readonly Tile[]): void {
    for (const tile of writes) {
      const key = `${tile.level}/${tile.index}`;
      const old = this.tiles.get(key);
      if (old !== undefined && !isWidening(old, tile)) throw new Error(`tile ${key} was changed`);
      this.tiles.set(key, tile);
    }
  }

  async readTile(level: number, index: number): Promise<Uint8Array> {
    const tile = this.tiles.get(`${level}/${index}`);
    if (tile === undefined) throw new Error(`no tile ${level}/${index}`);
    return tile.hashes;
  }
}

function isWidening(old: Tile, tile: Tile): boolean {
  return tile.width > old.width && old.hashes.every((byte, i) => tile.hashes[i] === byte);
}
