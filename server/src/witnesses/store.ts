/** Cosignatures in the database: lines under the note of one size; rows are only ever added. @module */
import { hexFromBytes, isQuorumMet, type WitnessPolicy } from '@kapsel/verification';
import { findHeadBySize } from '../attestation/head-store.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import { timeFromMs } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import type { CosignedLine } from './exchange.ts';

// The first of a witness counts: it is the earlier time, and two lines of one key say no more than one.
const INSERT_COSIGNATURE = `
  INSERT INTO cosignatures (log_id, tree_size, witness, public_key, cosigned_at, line)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT DO NOTHING`;

export async function insertCosignature(
  db: Db,
  logId: LogId,
  treeSize: number,
  { witness, cosignedAtMs, line }: CosignedLine,
): Promise<void> {
  await db.query(INSERT_COSIGNATURE, [
    logId,
    treeSize,
    witness.key.name,
    Buffer.from(witness.key.publicKey),
    timeFromMs(cosignedAtMs),
    line,
  ]);
}

const FIND_COSIGNED_SIZE = `
  SELECT max(tree_size) AS size FROM cosignatures WHERE log_id = $1 AND public_key = $2`;

/** The largest size that the witness is known to have cosigned, 0 when there is none. */
export async function findCosignedSize(
  db: Db,
  logId: LogId,
  publicKey: Uint8Array,
): Promise<number> {
  const { rows } = await db.query<{ size: string | null }>(FIND_COSIGNED_SIZE, [
    logId,
    Buffer.from(publicKey),
  ]);
  return integerFromRow(rows[0]?.size ?? 0);
}

// Newest first, in pages: the sizes below are only read while no quorum was found above them.
const LIST_COSIGNED = `
  SELECT tree_size, array_agg(encode(public_key, 'hex')) AS keys
    FROM cosignatures
   WHERE log_id = $1 AND tree_size < $2 AND public_key = ANY($3)
   GROUP BY tree_size
   ORDER BY tree_size DESC
   LIMIT $4`;

const PAGE = 64;
const MAX_PAGES = 16;

/**
 * The newest head, of at most so many leaves, that enough witnesses of the policy cosigned, with their lines. With
 * `quorum none` one witness is enough: a head without any is what `findNewestHead` answers. Null when none of the last
 * thousand cosigned sizes is.
 */
export async function findNewestWitnessedHead(
  db: Db,
  logId: LogId,
  policy: WitnessPolicy,
  atMost: number = Number.MAX_SAFE_INTEGER - 1,
): Promise<TreeHead | null> {
  const names = new Map(
    policy.witnesses.map(({ name, key }) => [hexFromBytes(key.publicKey), name]),
  );
  const keys = policy.witnesses.map(({ key }) => Buffer.from(key.publicKey));
  let below = atMost + 1;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { rows } = await db.query<{ tree_size: string; keys: string[] }>(LIST_COSIGNED, [
      logId,
      below,
      keys,
      PAGE,
    ]);
    for (const row of rows) {
      below = integerFromRow(row.tree_size);
      const signed = row.keys.flatMap((key) => names.get(key) ?? []);
      if (!isQuorumMet(policy, signed)) continue;
      const head = await findHeadBySize(db, logId, below);
      if (head !== null) return head;
    }
    if (rows.length < PAGE) return null;
  }
  return null;
}
