/** The statements that lead from a log's first key to the key of a head, as a package carries them. Proof format, keys and rotation. @module */
import { equalBytes, type KeyLeaf, parseKeyLeaf } from '@kapsel/verification';
import type { TreeHead } from '../attestation/tree-head.ts';
import type { LogId } from '../base/ids.ts';
import { listKeyStatements, type StoredStatement } from '../keys/statement-store.ts';
import type { InclusionProofJson, ProofCache } from './cache.ts';
import { proveUnderHead } from './prove-inclusion.ts';

export const MAX_STATEMENTS = 64; // of a package; whoever pinned an older key than these reach must pin a newer one

export interface KeyChainItemJson {
  readonly leaf_data: string;
  /** Under the head of the package; absent while the statement is not in that tree. */
  readonly inclusion_proof?: InclusionProofJson;
}

/** Empty for a head by the log's first key. Who pinned any key of the chain can follow it to the head's. */
export async function keyChainOf(
  proofs: ProofCache,
  logId: LogId,
  head: TreeHead,
): Promise<KeyChainItemJson[]> {
  const statements = await listKeyStatements(proofs.pool, logId);
  const chosen = statementsUpTo(statements, head.publicKey);
  return Promise.all(
    chosen.map(async ({ leafData, leafHash, leafIndex }) => {
      if (leafIndex === null || leafIndex >= head.treeSize) return { leaf_data: leafData };
      const leaf = { leafHash, leafIndex };
      const proof = await proveUnderHead(proofs, logId, leaf, head, head.treeSize);
      return { leaf_data: leafData, inclusion_proof: proof };
    }),
  );
}

/**
 * The rotations up to the one that names `publicKey`, and what the keys on this way say of each other. What later keys
 * say is left out: a verifier knows no key after the head's.
 */
export function statementsUpTo(
  statements: readonly StoredStatement[],
  publicKey: Uint8Array,
): StoredStatement[] {
  const read = statements.map((statement) => ({
    statement,
    leaf: parseKeyLeaf(statement.leafData),
  }));
  const way = wayTo(
    publicKey,
    read.map(({ leaf }) => leaf).filter(({ action }) => action === 'rotate'),
  );
  const isOnWay = (key: Uint8Array | null): boolean =>
    key !== null && way.some((each) => equalBytes(each, key));
  const chosen = read
    .filter(({ leaf }) => isOnWay(leaf.publicKey) && isOnWay(leaf.previousPublicKey))
    .map(({ statement }) => statement);
  return newest(chosen);
}

// Each key is named by one rotation at most, so there is one way back from it. Never longer than there are rotations.
function wayTo(publicKey: Uint8Array, rotations: readonly KeyLeaf[]): Uint8Array[] {
  const way = [publicKey];
  let key: Uint8Array | null = publicKey;
  while (key !== null && way.length <= rotations.length) {
    const current: Uint8Array = key;
    const found = rotations.find((leaf) => equalBytes(leaf.publicKey, current));
    key = found?.previousPublicKey ?? null;
    if (key !== null) way.push(key);
  }
  return way;
}

// From a rotation on: a revocation whose key is no longer on the way would break the chain.
function newest(statements: readonly StoredStatement[]): StoredStatement[] {
  if (statements.length <= MAX_STATEMENTS) return [...statements];
  const last = statements.slice(-MAX_STATEMENTS);
  return last.slice(last.findIndex(({ action }) => action === 'rotate'));
}
