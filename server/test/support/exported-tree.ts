/** Reads a log back from exported objects alone, as a client with no server would, and verifies what it makes of them. @module */
import assert from 'node:assert/strict';
import type { MemoryTree } from '@kapsel/tree';
import {
  consistencyProofFromTiles,
  encodeTilePath,
  inclusionProofFromTiles,
  parseCheckpoint,
  parseNote,
  planConsistencyTiles,
  planInclusionTiles,
  type TileId,
  verifyConsistency,
  verifyInclusion,
} from '@kapsel/verification';

/** The bytes at a path below the log's, or null. */
export type Fetch = (path: string) => Promise<Uint8Array | null>;

/** Proves these leaves, and that the tree grew out of these sizes. Answers the size of the checkpoint. */
export async function verifyExport(
  get: Fetch,
  truth: MemoryTree,
  indexes: readonly number[],
  oldSizes: readonly number[],
): Promise<number> {
  const note = Buffer.from((await get('checkpoint')) ?? []).toString();
  const { treeSize, rootHash } = parseCheckpoint(parseNote(note).text);
  assert.deepEqual(Buffer.from(rootHash), Buffer.from(truth.root(Number(treeSize))));
  for (const index of indexes) {
    const tiles = await fetchTiles(get, planInclusionTiles(index, treeSize));
    const { leafHash, proofHashes } = inclusionProofFromTiles(index, treeSize, tiles, rootHash);
    assert.deepEqual(Buffer.from(leafHash), Buffer.from(truth.hashOfNode({ level: 0, index })));
    verifyInclusion(leafHash, index, treeSize, proofHashes, rootHash);
  }
  for (const old of oldSizes) {
    const tiles = await fetchTiles(get, planConsistencyTiles(old, treeSize));
    const path = consistencyProofFromTiles(old, treeSize, tiles, rootHash);
    verifyConsistency(truth.root(old), rootHash, old, treeSize, path);
  }
  return Number(treeSize);
}

/** A partial tile may be gone once the full one is there. C2SP tlog-tiles. */
function fetchTiles(get: Fetch, plan: readonly TileId[]): Promise<Uint8Array[]> {
  return Promise.all(
    plan.map(async (tile) => {
      const bytes =
        (await get(encodeTilePath(tile))) ?? (await get(encodeTilePath({ ...tile, width: 256 })));
      assert.ok(bytes, encodeTilePath(tile));
      return bytes;
    }),
  );
}
