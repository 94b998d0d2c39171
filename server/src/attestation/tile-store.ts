/** Tiles in the database: the TileReader behind every proof, and the writes of the sequencer. @module */
import type { Tile, TileReader } from '@kapsel/tree';
import type { LogId } from '../base/ids.ts';
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

// A trigger refuses anything but a wider tile with the same beginning.
const UPSERT_TILES = `
  INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes)
  SELECT $1, row.level, row.tile_index, row.width, row.hashes
    FROM unnest($2::smallint[], $3::bigint[], $4::smallint[], $5::bytea[])
      AS row (level, tile_index, width, hashes)
  ON CONFLICT (log_id, level, tile_index)
  DO UPDATE SET width = EXCLUDED.width, hashes = EXCLUDED.hashes`;

export async function writeTiles(db: Db, logId: LogId, tiles: readonly Tile[]): Promise<void> {
  await db.query(UPSERT_TILES, [
    logId,
    tiles.map(({ level }) => level),
    tiles.map(({ index }) => index),
    tiles.map(({ width }) => width),
    tiles.map(({ hashes }) => Buffer.from(hashes)),
  ]);
}
