/** Tiles in the database: the TileReader behind every proof, and the writes of the sequencer. @module */
import type { Tile, TileId, TileReader } from '@kapsel/tree';
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';

const FIND_TILE =
  'SELECT hashes FROM merkle_tiles WHERE log_id = $1 AND level = $2 AND tile_index = $3';

/** Reads the tiles of one log through `db`; hand in a snapshot when head and tiles must agree. */
export function tileReader(db: Db, logId: LogId): TileReader {
  const readOne = async (level: number, index: number, width: number): Promise<Uint8Array> => {
    const { rows } = await db.query<{ hashes: Buffer }>(FIND_TILE, [logId, level, index]);
    if (rows[0] === undefined)
      throw new Error(`tile ${level}/${index} of width ${width} is missing`);
    return rows[0].hashes;
  };
  // One after the other: a transaction is one connection, and that runs one query at a time.
  let previous: Promise<unknown> = Promise.resolve();
  return {
    readTile: (level, index, width) => {
      const result = previous.then(() => readOne(level, index, width));
      // The caller sees the failure through `result`; here it only must not stop the next read.
      previous = result.catch(() => undefined);
      return result;
    },
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

// A trigger refuses anything but a wider tile with the same beginning. The hashes travel as one bytea that is cut here.
const UPSERT_TILES = `
  INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes)
  SELECT $1, row.level, row.tile_index, row.width, substring($6::bytea FROM row.start + 1 FOR row.width * 32)
    FROM unnest($2::smallint[], $3::bigint[], $4::smallint[], $5::int[])
      AS row (level, tile_index, width, start)
  ON CONFLICT (log_id, level, tile_index)
  DO UPDATE SET width = EXCLUDED.width, hashes = EXCLUDED.hashes`;

export async function writeTiles(db: Db, logId: LogId, tiles: readonly Tile[]): Promise<void> {
  let end = 0;
  const starts = tiles.map(({ hashes }) => {
    const start = end;
    end += hashes.length;
    return start;
  });
  await db.query(UPSERT_TILES, [
    logId,
    tiles.map(({ level }) => level),
    tiles.map(({ index }) => index),
    tiles.map(({ width }) => width),
    starts,
    Buffer.concat(tiles.map(({ hashes }) => hashes)),
  ]);
}
