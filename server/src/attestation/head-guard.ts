/** STORY: what was published against what the database holds; a database that was set back is never signed. @module */
import { compactRangeFromHashes, rootFromTiles } from '@kapsel/tree';
import { equalBytes, keyIdFromPublicKey } from '@kapsel/verification';
import type { Pool } from 'pg';
import type { LogId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import { listAttestationKeys } from '../keys/store.ts';
import type { Log, TreeState } from '../logs/log.ts';
import { getTreeState } from '../logs/store.ts';
import { findNewestHead } from './head-store.ts';
import {
  assertFollows,
  behindConflict,
  forkedConflict,
  HeadConflict,
  isSameHead,
  type PublishedHeads,
} from './published-head.ts';
import { tileReader } from './tile-store.ts';
import type { TreeHead } from './tree-head.ts';

/** What signing starts from. */
export interface GuardedLog {
  readonly tree: TreeState;
  /** The newest head in the database. */
  readonly newest: TreeHead | null;
  /** The newest head in the second place. */
  readonly stored: TreeHead | null;
}

/**
 * Looks at both places, and throws HeadConflict when the database is behind either: fewer leaves, or a smaller head of
 * a later time. The roots are for `assertRoots`, since they cost reads of tiles.
 */
export async function lookAtLog(db: Db, log: Log, published: PublishedHeads): Promise<GuardedLog> {
  // In this order: each is at least as far as the one before it, however many processes work on the log.
  const stored = await published.read(log);
  const newest = await findNewestHead(db, log.id);
  const tree = await getTreeState(db, log.id);
  if (stored !== null && tree.treeSize < stored.treeSize) {
    throw behindConflict(log.origin, tree.treeSize, stored.treeSize, published.place);
  }
  if (newest !== null && tree.treeSize < newest.treeSize) {
    throw behindConflict(log.origin, tree.treeSize, newest.treeSize, 'signed_tree_heads');
  }
  if (stored === null) await assertOnlyLogOfOrigin(log, published);
  if (stored !== null && !isSameHead(stored, newest)) {
    await assertOwnKey(db, log, stored, published);
    // One of equal times was never served: two processes signed in one millisecond, and this one ended before its commit.
    if (newest !== null && stored.timestampMs !== newest.timestampMs) {
      const isOlder = stored.timestampMs < newest.timestampMs;
      assertFollows(log.origin, isOlder ? stored : newest, isOlder ? newest : stored);
    }
  }
  return { tree, newest, stored };
}

// A head by a key that the log never had is not the log's, whatever origin it names.
async function assertOwnKey(
  db: Db,
  log: Log,
  { publicKey }: TreeHead,
  { place }: PublishedHeads,
): Promise<void> {
  const keys = await listAttestationKeys(db, log.id);
  if (keys.some((key) => equalBytes(key.publicKey, publicKey))) return;
  throw new HeadConflict(
    'foreign',
    `the newest published head of ${log.origin} (${place}) was signed with the key ${keyIdFromPublicKey(publicKey)}, which the database does not know: the database is older than that key, or the place belongs to another installation; nothing is signed until then`,
  );
}

/**
 * Throws HeadConflict unless the tiles lead to the committed root and to the roots of both newest heads. That these
 * sizes have their roots in one set of tiles is what makes the later tree a continuation of the earlier ones.
 */
export async function assertRoots(
  db: Db,
  log: Log,
  { tree, newest, stored }: GuardedLog,
): Promise<Uint8Array> {
  const tiles = tileReader(db, log.id);
  const root = compactRangeFromHashes(tree.treeSize, tree.rightEdge).root();
  const heads = (isSameHead(newest, stored) ? [newest] : [newest, stored]).filter(
    (head) => head !== null,
  );
  // Side by side, so that their tiles are one query.
  const [found, ...roots] = await Promise.all([
    rootFromTiles(tiles, tree.treeSize),
    ...heads.map(({ treeSize }) =>
      treeSize === tree.treeSize ? root : rootFromTiles(tiles, treeSize),
    ),
  ]);
  for (const [i, head] of heads.entries()) {
    if (!equalBytes(roots[i] ?? new Uint8Array(), head.rootHash)) {
      throw forkedConflict(log.origin, head.treeSize, 'published head');
    }
  }
  if (!equalBytes(found, root)) {
    throw new HeadConflict(
      'forked',
      `the tiles of the log ${log.origin} do not lead to its committed root of size ${tree.treeSize}: the database was changed; nothing is signed`,
    );
  }
  return root;
}

/** At start: throws HeadConflict when the log may not be signed, also when the second place knows another log of its name. */
export async function guardAtStart(
  pool: Pool,
  log: Log,
  published: PublishedHeads,
): Promise<GuardedLog> {
  const guarded = await lookAtLog(pool, log, published);
  await assertRoots(pool, log, guarded);
  await assertOnlyLogOfOrigin(log, published);
  return guarded;
}

// A new database under an old name would publish a second history of that name.
async function assertOnlyLogOfOrigin(log: Log, published: PublishedHeads): Promise<void> {
  const others: readonly LogId[] = await published.othersOfOrigin(log);
  if (others.length === 0) return;
  throw new HeadConflict(
    'foreign',
    `heads of another log named ${log.origin} were published (${published.place}: ${others.join(', ')}): this database is not the one they were made from; restore that one, or give this log another KAPSEL_LOG_ORIGIN`,
  );
}
