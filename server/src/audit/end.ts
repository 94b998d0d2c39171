/** The right edge of a tree that was recomputed: the row in `logs`, the tiles that are not full, and nothing beyond. @module */
import { TILE_WIDTH, tilePath, tileWidthAt } from '@kapsel/tree';
import { hexFromBytes } from '@kapsel/verification';
import type { LogId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import { checkTile, type TreeChecker } from './check-tree.ts';
import type { Finding } from './contradiction.ts';
import {
  type AuditedLog,
  countTiles,
  findBeyondAcrossTenants,
  getAuditedLog,
  listTiles,
} from './store.ts';

/** `audited` is the log's row when the audit began; it may have grown since. */
export async function checkEdge(
  db: Db,
  logId: LogId,
  tree: TreeChecker,
  audited: AuditedLog,
): Promise<Finding[]> {
  const now = await getAuditedLog(db, logId);
  return [
    ...checkRow(tree, audited, now),
    ...(await checkPartialTiles(db, logId, tree, now.treeSize)),
    ...(await checkTileCounts(db, logId, now.treeSize)),
    ...(await checkBeyond(db, logId, now.treeSize)),
  ];
}

function checkRow(tree: TreeChecker, audited: AuditedLog, now: AuditedLog): Finding[] {
  const at = `size ${audited.treeSize}`;
  if (tree.size !== audited.treeSize) {
    const [want, got] = [`${tree.size}`, `${audited.treeSize}`];
    return [{ where: 'logs.tree_size', at, want, got }];
  }
  const findings: Finding[] = [];
  const want = tree.rightEdge().map(hexFromBytes).join(' ');
  const got = splitHex(hexFromBytes(audited.rightEdge));
  if (want !== got) findings.push({ where: 'logs.right_edge', at, want, got });
  if (now.treeSize < audited.treeSize) {
    const values = { want: `at least ${audited.treeSize}`, got: `${now.treeSize}` };
    findings.push({ where: 'logs.tree_size', at, ...values });
  }
  return findings;
}

function splitHex(hex: string): string {
  return (hex.match(/.{1,64}/g) ?? []).join(' ');
}

async function checkPartialTiles(
  db: Db,
  logId: LogId,
  tree: TreeChecker,
  sizeNow: number,
): Promise<Finding[]> {
  const partial = tree.partialTiles();
  const stored = await listTiles(db, logId, partial);
  return partial.flatMap((tile) => {
    const found = stored.find(({ level, index }) => level === tile.level && index === tile.index);
    const findings = checkTile(tile, found);
    const want = tileWidthAt(tile.level, tile.index, sizeNow);
    if (findings.length > 0 || found === undefined || found.width === want) return findings;
    const at = tilePath(tile.level, tile.index, tile.width);
    return [{ where: 'merkle_tiles.width', at, want: `${want}`, got: `${found.width}` }];
  });
}

async function checkTileCounts(db: Db, logId: LogId, size: number): Promise<Finding[]> {
  const wanted = new Map<number, number>();
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    wanted.set(level, Math.ceil(Math.floor(size / TILE_WIDTH ** level) / TILE_WIDTH));
  }
  const findings: Finding[] = [];
  const counts = await countTiles(db, logId);
  for (const { level, count, last } of counts) {
    const want = wanted.get(level) ?? 0;
    wanted.delete(level);
    if (count === want && last === want - 1) continue;
    const got = `${count} tiles, the last ${last}`;
    findings.push({ where: 'merkle_tiles', at: `level ${level}`, want: `${want} tiles`, got });
  }
  for (const [level, want] of wanted) {
    const at = `level ${level}`;
    findings.push({ where: 'merkle_tiles', at, want: `${want} tiles`, got: 'none' });
  }
  return findings;
}

async function checkBeyond(db: Db, logId: LogId, size: number): Promise<Finding[]> {
  const { leaf, head } = await findBeyondAcrossTenants(db, logId, size);
  const at = `size ${size}`;
  const findings: Finding[] = [];
  if (leaf !== null) {
    const want = `no leaf from index ${size} on`;
    findings.push({ where: 'merkle_leaves.leaf_index', at, want, got: `index ${leaf}` });
  }
  if (head !== null) {
    const want = 'no head above the committed size';
    findings.push({ where: 'signed_tree_heads.tree_size', at, want, got: `${head}` });
  }
  return findings;
}
