/** STORY: new tiles of a log are copied to a sink, and only then the checkpoint that speaks of them. C2SP tlog-tiles. @module */
import {
  compactRangeFromEdge,
  compactRangeFromHashes,
  readRightEdge,
  TILE_WIDTH,
  type TileId,
  tilePath,
  tileWidthAt,
} from '@kapsel/tree';
import { equalBytes, hexFromBytes, utf8FromString } from '@kapsel/verification';
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../logs/log.ts';
import { findExportedSize, saveExportedSize } from './export-store.ts';
import { findNewestHead } from './head-store.ts';
import type { TileSink } from './tile-sink.ts';
import { findTiles, tileReader } from './tile-store.ts';
import { encodeTreeHeadJson, type TreeHead } from './tree-head.ts';

const HASH_BYTES = 32;
// 512 KiB of tiles in memory, eight of them on their way.
const BATCH = 64;
const AT_ONCE = 8;

export interface ExportDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly sink: TileSink;
}

export interface Exported {
  readonly treeSize: number;
  readonly tiles: number;
  /** The checkpoint that was written, so that the next call sees what is new. */
  readonly checkpoint: string;
}

/** What is stored must not be copied: it contradicts what is signed, or what was copied before. */
export class ExportRefused extends Error {
  override readonly name = 'ExportRefused';
}

/**
 * Copies what is new since the last time. `last` is the checkpoint that this process wrote last, or null when it knows
 * of none. Null when there is no head yet, or nothing is new.
 */
export async function exportLog(
  deps: ExportDeps,
  log: Log,
  last: string | null,
): Promise<Exported | null> {
  const { pool, clock, sink } = deps;
  // In this order: what another process copies meanwhile must not look like a head that went back.
  const done = await findExportedSize(pool, log.id, sink.name);
  const head = await findNewestHead(pool, log.id);
  if (head === null) return null;
  // With the cosignatures: they come after the head, and are worth a new copy.
  const { checkpoint } = encodeTreeHeadJson(head);
  if (head.treeSize < done) {
    throw new ExportRefused(`the newest head has size ${head.treeSize}, exported is ${done}`);
  }
  if (checkpoint === last && head.treeSize === done) return null;
  // A folder that was emptied, or another bucket of that name: all tiles again.
  const isThere = last !== null || (await sink.has(pathOf(log, 'checkpoint')));
  await assertEdge(pool, log, head);
  const tiles = await copyTiles(deps, log, isThere ? done : 0, head.treeSize);
  // A crash until here leaves tiles that no checkpoint speaks of; they are copied again.
  if ((await findExportedSize(pool, log.id, sink.name)) > head.treeSize) return null;
  await sink.put({
    path: pathOf(log, 'checkpoint'),
    bytes: utf8FromString(checkpoint),
    contentType: 'text/plain; charset=utf-8',
    lifetime: 'short',
  });
  // A crash here repeats the copy from the old size on, under the same paths.
  const largest = await saveExportedSize(pool, log.id, sink.name, head.treeSize, clock.nowMs());
  // Another process was ahead, and ours may be the last word: once more, now with its head.
  if (largest > head.treeSize) return exportLog(deps, log, null);
  return { treeSize: head.treeSize, tiles, checkpoint };
}

function pathOf(log: Log, name: string): string {
  return `${log.name}/${name}`;
}

// Nothing of a tree is handed out that is not the one that was signed.
async function assertEdge(pool: Pool, log: Log, { treeSize, rootHash }: TreeHead): Promise<void> {
  const edge = await readRightEdge(tileReader(pool, log.id), treeSize);
  if (equalBytes(compactRangeFromEdge(treeSize, edge).root(), rootHash)) return;
  throw new ExportRefused(`the tiles of size ${treeSize} do not give the signed root`);
}

/** Level by level from the leaves up, so that a tile lies there before the one above it. */
async function copyTiles(
  deps: ExportDeps,
  log: Log,
  oldSize: number,
  newSize: number,
): Promise<number> {
  let count = 0;
  let batch: TileId[] = [];
  const flush = async (): Promise<void> => {
    await copyBatch(deps, log, batch, newSize);
    count += batch.length;
    batch = [];
  };
  for (const tile of newTiles(oldSize, newSize)) {
    batch.push(tile);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return count;
}

/** The tiles of the tree of `newSize` that the tree of `oldSize` did not have in that width. */
export function* newTiles(oldSize: number, newSize: number): Generator<TileId> {
  for (let level = 0; TILE_WIDTH ** level <= newSize; level++) {
    const [oldRow, newRow] = [oldSize, newSize].map((size) =>
      Math.floor(size / TILE_WIDTH ** level),
    ) as [number, number];
    if (oldRow === newRow) continue;
    for (let index = Math.floor(oldRow / TILE_WIDTH); index * TILE_WIDTH < newRow; index++) {
      yield { level, index, width: tileWidthAt(level, index, newSize) };
    }
  }
}

async function copyBatch(
  { pool, sink }: ExportDeps,
  log: Log,
  batch: readonly TileId[],
  size: number,
): Promise<void> {
  const parents = batch
    .filter(({ width }) => width === TILE_WIDTH)
    .map(({ level, index }) => ({ level: level + 1, index: Math.floor(index / TILE_WIDTH) }));
  const places = new Map([...batch, ...parents].map((each) => [keyOf(each), each]));
  const stored = new Map(
    (await findTiles(pool, log.id, [...places.values()])).map((tile) => [keyOf(tile), tile.hashes]),
  );
  const tiles = batch.map((tile) => ({ tile, bytes: bytesOf(tile, stored) }));
  for (const { tile, bytes } of tiles) assertUnderParent(tile, bytes, stored, size);
  for (let at = 0; at < tiles.length; at += AT_ONCE) {
    await Promise.all(
      tiles.slice(at, at + AT_ONCE).map(({ tile, bytes }) =>
        sink.put({
          path: pathOf(log, `tile/${tilePath(tile.level, tile.index, tile.width)}`),
          bytes,
          contentType: 'application/octet-stream',
          lifetime: 'immutable',
        }),
      ),
    );
  }
}

const keyOf = ({ level, index }: Pick<TileId, 'level' | 'index'>): string => `${level}/${index}`;

function bytesOf(tile: TileId, stored: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const bytes = stored.get(keyOf(tile))?.subarray(0, tile.width * HASH_BYTES);
  if (bytes?.length === tile.width * HASH_BYTES) return bytes;
  const path = tilePath(tile.level, tile.index, tile.width);
  throw new ExportRefused(`tile ${path} is missing or too narrow`);
}

// Caches keep a full tile for a year: one that does not hang under its parent must never leave.
function assertUnderParent(
  { level, index, width }: TileId,
  bytes: Uint8Array,
  stored: ReadonlyMap<string, Uint8Array>,
  size: number,
): void {
  if (width < TILE_WIDTH || index >= Math.floor(size / TILE_WIDTH ** (level + 1))) return;
  const above = stored.get(keyOf({ level: level + 1, index: Math.floor(index / TILE_WIDTH) }));
  const offset = (index % TILE_WIDTH) * HASH_BYTES;
  const stated = above?.subarray(offset, offset + HASH_BYTES) ?? new Uint8Array();
  const range = compactRangeFromHashes(0, []);
  for (let i = 0; i < TILE_WIDTH; i++) {
    range.append(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
  }
  if (equalBytes(range.root(), stated)) return;
  const path = tilePath(level, index, width);
  const got = hexFromBytes(range.root());
  throw new ExportRefused(`tile ${path} does not hang under its parent: its root is ${got}`);
}
