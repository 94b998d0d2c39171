/** All keys of a log with the statements about them, each proved under the newest head where it is in the tree. @module */
import type { TreeHead } from '../attestation/tree-head.ts';
import type { LogId } from '../base/ids.ts';
import { listKeyStatements, type StoredStatement } from '../keys/statement-store.ts';
import { type AttestationKey, listAttestationKeys } from '../keys/store.ts';
import type { InclusionProofJson, ProofCache } from './cache.ts';
import { proveUnderHead } from './prove-inclusion.ts';

export interface KeyHistory {
  readonly keys: readonly AttestationKey[];
  /** In the order of the tree; the proof is null while a statement is not under the head. */
  readonly statements: readonly {
    readonly statement: StoredStatement;
    readonly proof: InclusionProofJson | null;
  }[];
  /** What the proofs lead to; null before the first. */
  readonly head: TreeHead | null;
}

export async function describeKeys(proofs: ProofCache, logId: LogId): Promise<KeyHistory> {
  const [keys, statements, head] = await Promise.all([
    listAttestationKeys(proofs.pool, logId),
    listKeyStatements(proofs.pool, logId),
    proofs.heads.find(logId),
  ]);
  const proved = statements.map(async (statement) => ({
    statement,
    proof: await proofOf(proofs, logId, statement, head),
  }));
  return { keys, statements: await Promise.all(proved), head };
}

async function proofOf(
  proofs: ProofCache,
  logId: LogId,
  { leafHash, leafIndex }: StoredStatement,
  head: TreeHead | null,
): Promise<InclusionProofJson | null> {
  if (head === null || leafIndex === null || leafIndex >= head.treeSize) return null;
  return proveUnderHead(proofs, logId, { leafHash, leafIndex }, head, head.treeSize);
}
