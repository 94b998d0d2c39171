/** Tiles in the database: the TileReader behind every proof, and the writes of the sequencer. @module */
import type { NewTile, TileId, TileReader } from '@kapsel/tree';
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';

/** Reads the tiles of one log through `db`; hand in a snapshot when head and tiles must agree. */
export function tileReader(db: Db, logId: LogId): TileReader {
  interface Asked extends TileId {
    readonly resolve: (hashes: Uint8Array) => void;
    readonly reject: (error: unknown) => void;
  }
  // What is asked for in one turn is one query; one after the other, since a transaction is one connection.
  let asked: Asked[] = [];
  let previous: Promise<void> = Promise.resolve();
  const readAll = async (list: readonly Asked[]): Promise<void> => {
    try {
      const found = await findTiles(db, logId, list);
      for (const { level, index, width, resolve, reject } of list) {
        const tile = found.find((each) => each.level === level && each.index === index);
        if (tile !== undefined) resolve(tile.hashes);
        else reject(new Error(`tile ${level}/${index} of width ${width} is missing`));
      }
    } catch (error) {
      for (const { reject } of list) reject(error);
    }
  };
  return {
    readTile: (level, index, width) =>
      new Promise((resolve, reject) => {
        if (asked.push({ level, index, width, resolve, reject }) > 1) return;
        previous = previous.then(() => {
          const list = asked;
          asked = [];
          return readAll(list);
        });
      }),
  };
}

// Several tiles in one round trip. Few ids of known number: the planner looks each up by the primary key.
const FIND_TILES = `
  SELECT t.level, t.tile_index, t.hashes
    FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, tile_index)
    JOIN merkle_tiles t
      ON t.log_id = $1 AND t.level = wanted.level AND t.tile_index = wanted.tile_index`;

/** The stored tiles at these places, in any order and as wide as they are now; those that are missing are left out. */
export async function findTiles(
  db: Db,
  logId: LogId,
  places: readonly Pick<TileId, 'level' | 'index'>[],
): Promise<{ level: number; index: number; hashes: Uint8Array }[]> {
  const { rows } = await db.query<{ level: number; tile_index: string; hashes: Buffer }>(
    prepared(FIND_TILES, [
      logId,
      places.map(({ level }) => level),
      places.map(({ index }) => index),
    ]),
  );
  return rows.map((row) => ({
    level: row.level,
    index: integerFromRow(row.tile_index),
    hashes: row.hashes,
  }));
}

/** What is read of a tile: one of its 16 groups of hashes, its upper nodes, or all hashes. */
export type TilePart = number | 'upper' | 'whole';

export interface WantedPart {
  readonly level: number;
  readonly index: number;
  readonly part: TilePart;
}

export interface FoundPart {
  readonly bytes: Uint8Array;
  /** True: these are all hashes of the tile, also where less was wanted, since its upper nodes are not stored. */
  readonly isWhole: boolean;
}

// A group is 16 hashes, 512 bytes. Upper nodes lie in the row, and a group in one or two pieces of the tile's bytes:
// PostgreSQL reads no others.
const FIND_PARTS = `
  SELECT wanted.ordinal::int AS ordinal, t.upper_nodes IS NULL OR wanted.part = -2 AS is_whole,
         CASE WHEN t.upper_nodes IS NULL OR wanted.part = -2 THEN t.hashes
              WHEN wanted.part = -1 THEN t.upper_nodes
              ELSE substring(t.hashes FROM wanted.part * 512 + 1 FOR 512) END AS bytes
    FROM unnest($2::smallint[], $3::bigint[], $4::int[]) WITH ORDINALITY AS wanted (level, tile_index, part, ordinal)
    JOIN merkle_tiles t
      ON t.log_id = $1 AND t.level = wanted.level AND t.tile_index = wanted.tile_index`;
const PART_NUMBERS = { upper: -1, whole: -2 };

/** For each wanted part what is stored of it, in order; null where there is no such tile. */
export async function findTileParts(
  db: Db,
  logId: LogId,
  wanted: readonly WantedPart[],
): Promise<(FoundPart | null)[]> {
  const { rows } = await db.query<{ ordinal: number; is_whole: boolean; bytes: Buffer }>(
    prepared(FIND_PARTS, [
      logId,
      wanted.map(({ level }) => level),
      wanted.map(({ index }) => index),
      wanted.map(({ part }) => (typeof part === 'number' ? part : PART_NUMBERS[part])),
    ]),
  );
  const found = Array.from({ length: wanted.length }, (): FoundPart | null => null);
  for (const { ordinal, is_whole: isWhole, bytes } of rows) found[ordinal - 1] = { bytes, isWhole };
  return found;
}

// A trigger refuses anything but a wider tile with the same beginning. Bytes travel as one bytea that is cut here, the
// hashes of each tile and behind them its upper nodes, 960 bytes.
const UPSERT_TILES = `
  INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes, upper_nodes)
  SELECT $1, row.level, row.tile_index, row.width,
         substring($6::bytea FROM row.start + 1 FOR row.width * 32),
         CASE WHEN row.has_upper
              THEN substring($6 FROM row.start + row.width * 32 + 1 FOR 960) END
    FROM unnest($2::smallint[], $3::bigint[], $4::smallint[], $5::int[], $7::boolean[])
      AS row (level, tile_index, width, start, has_upper)
  ON CONFLICT (log_id, level, tile_index)
  DO UPDATE SET width = EXCLUDED.width, hashes = EXCLUDED.hashes, upper_nodes = EXCLUDED.upper_nodes`;

export async function writeTiles(db: Db, logId: LogId, tiles: readonly NewTile[]): Promise<void> {
  let end = 0;
  const starts = tiles.map(({ hashes, upperNodes }) => {
    const start = end;
    end += hashes.length + (upperNodes?.length ?? 0);
    return start;
  });
  await db.query(
    prepared(UPSERT_TILES, [
      logId,
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      tiles.map(({ width }) => width),
      starts,
      Buffer.concat(
        tiles.flatMap(({ hashes, upperNodes }) => (upperNodes ? [hashes, upperNodes] : [hashes])),
      ),
      tiles.map(({ upperNodes }) => upperNodes !== null),
    ]),
  );
}
