/** Inclusion proofs for a leaf hash under the newest head, or under any smaller size. @module */
import { proveInclusion, TILE_WIDTH, tileWidthAt } from '@kapsel/tree';
import { equalBytes, hexFromBytes, verifyInclusion } from '@kapsel/verification';
import { findLeafIndexByHash, isPendingLeafHash } from '../attestation/leaf-store.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import { Failure, notFound } from '../base/failure.ts';
import type { LogId } from '../base/ids.ts';
import { getTreeState } from '../logs/store.ts';
import type { InclusionProofJson, ProofCache } from './cache.ts';
import type { CachedTiles } from './tile-cache.ts';
import { answerVerified, verifiedRoot } from './verified-root.ts';

export interface InclusionRequest {
  readonly leafHash: Uint8Array;
  /** Null: under the newest head. */
  readonly treeSize: number | null;
  /** Where the caller says that the leaf stands: then tiles are enough, and no row of it has to be there any more. */
  readonly leafIndex: number | null;
}

/**
 * Proof that a leaf is in the log. Failures: `not_yet_committed` while the leaf waits or stands above the newest head
 * (`log_halted` where that will not change by itself), `not_found`, `size_out_of_range`, `no_tree_head`.
 */
export async function proveLeafHash(
  proofs: ProofCache,
  logId: LogId,
  request: InclusionRequest,
): Promise<InclusionProofJson> {
  const { leafHash, treeSize, leafIndex } = request;
  const head = await proofs.heads.findCovering(logId, treeSize ?? 1);
  if (head === null) throw await refusalWithoutHead(proofs, logId, leafHash);
  const size = treeSize ?? head.treeSize;
  if (size < 1 || size > head.treeSize) {
    throw new Failure('size_out_of_range', `tree_size must be from 1 to ${head.treeSize}`);
  }
  const known = findFinished(proofs, logId, leafHash, head, size);
  if (known !== null) {
    if (leafIndex !== null && leafIndex !== known.leaf_index) throw notFound();
    return known;
  }
  if (leafIndex !== null && leafIndex < head.treeSize) {
    if (leafIndex >= size) throw notFound();
    return prove(proofs, logId, { leafHash, leafIndex, isClaim: true }, head, size);
  }
  const index = await proofs.places.find(logId, leafHash);
  if (index === null) throw await refusalOfUnknown(proofs, logId, leafHash);
  if (leafIndex !== null && leafIndex !== index) throw notFound();
  const covering = index < head.treeSize ? head : await coveringHead(proofs, logId, index);
  const newSize = treeSize ?? covering.treeSize;
  if (index >= newSize) throw notFound();
  return proveUnderHead(proofs, logId, { leafHash, leafIndex: index }, covering, newSize);
}

/** Failure `not_yet_committed` or `log_halted` while no head covers the leaf at `index`. */
export async function coveringHead(
  proofs: ProofCache,
  logId: LogId,
  index: number,
): Promise<TreeHead> {
  const head = await proofs.heads.findCovering(logId, index + 1);
  if (head === null || head.treeSize <= index) throw await refusalOfWaiting(proofs, logId);
  return head;
}

/** What is said of a leaf that no head covers: soon, or not before somebody has looked at the log. */
export async function refusalOfWaiting({ pool }: ProofCache, logId: LogId): Promise<Failure> {
  const { haltedReason } = await getTreeState(pool, logId);
  return haltedReason === null
    ? new Failure('not_yet_committed', 'The leaf is not under a signed tree head yet')
    : new Failure('log_halted', 'The log is halted, and the leaf not under a signed tree head');
}

/** The proof for one place in a tree of `size` leaves, which `head` covers; verified before it is kept or answered. */
export async function proveUnderHead(
  proofs: ProofCache,
  logId: LogId,
  leaf: { readonly leafHash: Uint8Array; readonly leafIndex: number },
  head: TreeHead,
  size: number,
): Promise<InclusionProofJson> {
  const known = findFinished(proofs, logId, leaf.leafHash, head, size);
  if (known?.leaf_index === leaf.leafIndex) return known;
  return prove(proofs, logId, { ...leaf, isClaim: false }, head, size);
}

interface PlacedLeaf {
  readonly leafHash: Uint8Array;
  readonly leafIndex: number;
  /** The place came from outside: another leaf there is the caller's mistake, not a database that was changed. */
  readonly isClaim: boolean;
}

async function prove(
  proofs: ProofCache,
  logId: LogId,
  { leafHash, leafIndex, isClaim }: PlacedLeaf,
  head: TreeHead,
  size: number,
): Promise<InclusionProofJson> {
  const tiles = proofs.tiles.reader(logId);
  const proof = await answerVerified(tiles, async () => {
    // Side by side, so that their tiles are one query.
    const [there, path, root] = await Promise.all([
      isClaim ? leafHashAt(tiles, leafIndex, size) : leafHash,
      proveInclusion(tiles, leafIndex, size),
      verifiedRoot(tiles, head, size),
    ]);
    if (!equalBytes(there, leafHash)) throw notFound();
    verifyInclusion(leafHash, leafIndex, size, path, root);
    return {
      leaf_hash: hexFromBytes(leafHash),
      leaf_index: leafIndex,
      tree_size: size,
      proof_hashes: path.map(hexFromBytes),
      root_hash: hexFromBytes(root),
    };
  });
  proofs.finished.keep(logId, proof);
  proofs.places.keep(logId, proof.leaf_hash, leafIndex);
  return proof;
}

async function leafHashAt(tiles: CachedTiles, index: number, size: number): Promise<Uint8Array> {
  const tileIndex = Math.floor(index / TILE_WIDTH);
  const tile = { level: 0, index: tileIndex, width: tileWidthAt(0, tileIndex, size) };
  const place = { tile, offset: index - tileIndex * TILE_WIDTH, count: 1 };
  const [hash] = await tiles.readSubtrees([place]);
  return hash ?? new Uint8Array();
}

function findFinished(
  { finished }: ProofCache,
  logId: LogId,
  leafHash: Uint8Array,
  head: TreeHead,
  size: number,
): InclusionProofJson | null {
  return finished.find(logId, leafHash, size, size === head.treeSize ? head.rootHash : null);
}

async function refusalOfUnknown(
  proofs: ProofCache,
  logId: LogId,
  leafHash: Uint8Array,
): Promise<Failure> {
  const { pool } = proofs;
  if (await isPendingLeafHash(pool, logId, leafHash)) return refusalOfWaiting(proofs, logId);
  // It may have moved from the waiting room into the tree between the two questions: never a 404 then.
  const index = await findLeafIndexByHash(pool, logId, leafHash);
  return index === null ? notFound() : refusalOfWaiting(proofs, logId);
}

async function refusalWithoutHead(
  proofs: ProofCache,
  logId: LogId,
  leafHash: Uint8Array,
): Promise<Failure> {
  const index = await findLeafIndexByHash(proofs.pool, logId, leafHash);
  const refusal =
    index === null
      ? await refusalOfUnknown(proofs, logId, leafHash)
      : await refusalOfWaiting(proofs, logId);
  if (refusal.kind !== 'not_found') return refusal;
  return new Failure('no_tree_head', 'The log has no tree head yet');
}
