/** Re-verifies one whole log from its leaf texts: leaves, tiles, right edge, and both forms of every head. @module */
import { compactRangeFromHashes, MemoryTree, TILE_WIDTH } from '@kapsel/tree';
import {
  encodeTreeHead,
  hexFromBytes,
  leafHash,
  utf8FromString,
  verifyCheckpoint,
  verifyConsistency,
  verifyEd25519,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import { expect } from 'vitest';
import type { Log } from '../../src/logs/log.ts';
import { getTreeState } from '../../src/logs/store.ts';

/** Fails the test where anything does not fit. Answers the tree as the leaf texts make it. */
export async function checkLog(pool: Pool, log: Log): Promise<MemoryTree> {
  const tree = await treeFromLeaves(pool, log);
  const state = await getTreeState(pool, log.id);
  expect(state.treeSize).toBe(tree.size);
  const range = compactRangeFromHashes(state.treeSize, state.rightEdge);
  expect(hexFromBytes(range.root())).toBe(hexFromBytes(tree.root()));
  expect(await storedTiles(pool, log)).toEqual(tilesOf(tree));
  await checkHeads(pool, log, tree);
  return tree;
}

async function treeFromLeaves(pool: Pool, log: Log): Promise<MemoryTree> {
  const { rows } = await pool.query<{ leaf_index: string; leaf_hash: Buffer; leaf_data: string }>(
    'SELECT leaf_index, leaf_hash, leaf_data FROM merkle_leaves WHERE log_id = $1 ORDER BY leaf_index',
    [log.id],
  );
  const tree = new MemoryTree();
  for (const row of rows) {
    const hash = leafHash(utf8FromString(row.leaf_data));
    expect(hexFromBytes(row.leaf_hash)).toBe(hexFromBytes(hash));
    expect(Number(row.leaf_index)).toBe(tree.append(hash));
  }
  return tree;
}

async function storedTiles(pool: Pool, log: Log): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ name: string; hashes: Buffer }>(
    `SELECT concat(level, '/', tile_index, ' width ', width) AS name, hashes
       FROM merkle_tiles WHERE log_id = $1`,
    [log.id],
  );
  return Object.fromEntries(rows.map(({ name, hashes }) => [name, hexFromBytes(hashes)]));
}

/** The definition: tile level n holds the nodes of tree level 8 n, 256 in each tile. */
function tilesOf(tree: MemoryTree): Record<string, string> {
  const tiles: Record<string, string> = {};
  for (let level = 0; TILE_WIDTH ** level <= tree.size; level += 1) {
    const length = Math.floor(tree.size / TILE_WIDTH ** level);
    for (let first = 0; first < length; first += TILE_WIDTH) {
      const width = Math.min(TILE_WIDTH, length - first);
      const nodes = Array.from({ length: width }, (_, i) =>
        hexFromBytes(tree.hashOfNode({ level: level * 8, index: first + i })),
      );
      tiles[`${level}/${first / TILE_WIDTH} width ${width}`] = nodes.join('');
    }
  }
  return tiles;
}

async function checkHeads(pool: Pool, log: Log, tree: MemoryTree): Promise<void> {
  const { rows } = await pool.query<{
    tree_size: string;
    root_hash: Buffer;
    timestamp_ms: string;
    signature: Buffer;
    public_key: Buffer;
    checkpoint: string;
  }>(
    `SELECT h.tree_size, h.root_hash, h.timestamp_ms, h.signature, k.public_key, h.checkpoint
       FROM signed_tree_heads h JOIN attestation_keys k ON k.key_id = h.key_id
      WHERE h.log_id = $1 ORDER BY h.timestamp_ms`,
    [log.id],
  );
  let previous: { size: number; root: Uint8Array } | null = null;
  for (const row of rows) {
    const size = Number(row.tree_size);
    expect(hexFromBytes(row.root_hash)).toBe(hexFromBytes(tree.root(size)));
    const message = encodeTreeHead(Number(row.timestamp_ms), size, row.root_hash);
    expect(verifyEd25519(row.signature, message, row.public_key)).toBe(true);
    const checkpoint = verifyCheckpoint(row.checkpoint, log.origin, row.public_key);
    expect(checkpoint.treeSize).toBe(BigInt(size));
    expect(hexFromBytes(checkpoint.rootHash)).toBe(hexFromBytes(row.root_hash));
    if (previous !== null) {
      const path = previous.size === size ? [] : tree.proveConsistency(previous.size, size);
      verifyConsistency(previous.root, row.root_hash, previous.size, size, path);
    }
    previous = { size, root: row.root_hash };
  }
}
