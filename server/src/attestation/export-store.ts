/** How far the tiles of each log were copied to a sink. @module */
import { timeFromMs } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';

const FIND_EXPORTED = 'SELECT tree_size FROM tile_exports WHERE log_id = $1 AND sink = $2';

/** The size whose tiles all lie in the sink; 0 when nothing was copied yet. */
export async function findExportedSize(db: Db, logId: LogId, sink: string): Promise<number> {
  const { rows } = await db.query<{ tree_size: string }>(FIND_EXPORTED, [logId, sink]);
  return rows[0] === undefined ? 0 : integerFromRow(rows[0].tree_size);
}

// Two processes may copy at once: the row never goes back.
const SAVE_EXPORTED = `
  INSERT INTO tile_exports (log_id, sink, tree_size, exported_at)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (log_id, sink)
  DO UPDATE SET tree_size = greatest(tile_exports.tree_size, EXCLUDED.tree_size),
                exported_at = EXCLUDED.exported_at
  RETURNING tree_size`;

/** Writes down that all tiles up to `treeSize` lie there; answers the largest size anybody wrote down. */
export async function saveExportedSize(
  db: Db,
  logId: LogId,
  sink: string,
  treeSize: number,
  nowMs: number,
): Promise<number> {
  const { rows } = await db.query<{ tree_size: string }>(SAVE_EXPORTED, [
    logId,
    sink,
    treeSize,
    timeFromMs(nowMs),
  ]);
  return integerFromRow(rows[0]?.tree_size ?? treeSize);
}
