/** Makes key statements and packages that carry them, from node:crypto and the reference tree. @module */
import { createHash } from 'node:crypto';
import {
  HEAD_TIME_MS,
  hex,
  type JsonRecord,
  LOG_SIGNER,
  leafText,
  makeHead,
  makePackage,
  ORIGIN,
  type Signer,
  signerFromSeed,
  utf8,
} from './make-package.ts';
import { referenceLeafHash, referencePath, referenceRoot } from './reference-tree.ts';

const DAY_MS = 86_400_000;

export interface StatementWish {
  readonly action?: string;
  readonly log?: string;
  readonly endpointId?: string | null;
  /** Who makes `signature`, and is named as the previous key. */
  readonly by: Signer;
  /** The new key, or the revoked one; it makes `possession`. */
  readonly of: Signer;
  readonly validFromMs: number;
}

/** Signer number i, always the same; number 0 is the key of `makePackage`. */
export function signerNumber(i: number): Signer {
  return i === 0
    ? LOG_SIGNER
    : signerFromSeed(createHash('sha256').update(`key ${i}`).digest('hex'));
}

/** The time of rotation i: a day apart each, the 64th a day before the head. */
export function rotationTimeMs(i: number): number {
  return HEAD_TIME_MS - (65 - i) * DAY_MS;
}

/** The exact text of a statement. The two signed texts are written out here, not cut from the whole. */
export function statementText(wish: StatementWish): string {
  const { action = 'rotate', log = ORIGIN, endpointId = null, by, of, validFromMs } = wish;
  const open = [
    '{"type":"kapsel.key/v1"',
    `"log":${JSON.stringify(log)}`,
    `"action":"${action}"`,
    `"endpoint_id":${JSON.stringify(endpointId)}`,
    `"public_key":"${hex(of.publicKey)}"`,
    `"previous_public_key":"${hex(by.publicKey)}"`,
    `"valid_from":"${new Date(validFromMs).toISOString()}"`,
  ].join(',');
  const possession =
    action === 'revoke' ? 'null' : `"${hex(of.sign(utf8(`kapsel.key-possession/v1\n${open}}`)))}"`;
  const signed = `${open},"possession":${possession}`;
  const signature = hex(by.sign(utf8(`kapsel.key/v1\n${signed}}`)));
  return `${signed},"signature":"${signature}"}`;
}

/** Rotation i leads from signer i to signer i + 1. */
export function rotationText(i: number, changes: Partial<StatementWish> = {}): string {
  return statementText({
    by: signerNumber(i),
    of: signerNumber(i + 1),
    validFromMs: rotationTimeMs(i),
    ...changes,
  });
}

export interface ChainPackageOptions {
  readonly timestampMs?: number;
  /** Whether the statements stand in the tree and bring their proofs. */
  readonly isLogged?: boolean;
}

/** A package under this key, with these statements beside it. */
export function makeChainPackage(
  texts: readonly string[],
  signer: Signer,
  options: ChainPackageOptions = {},
): JsonRecord {
  const { timestampMs = HEAD_TIME_MS, isLogged = false } = options;
  if (!isLogged) {
    const made = makePackage({ signer, timestampMs });
    return { ...made, key_chain: texts.map((text) => ({ leaf_data: text })) };
  }
  const leaves = [...texts, leafText(), 'another leaf'].map((text) =>
    referenceLeafHash(utf8(text)),
  );
  const root = referenceRoot(leaves);
  const proofOf = (index: number): JsonRecord => ({
    leaf_hash: hex(leaves[index] as Uint8Array),
    leaf_index: index,
    tree_size: leaves.length,
    proof_hashes: referencePath(index, leaves).map(hex),
    root_hash: hex(root),
  });
  return {
    ...makePackage({ signer }),
    leaf_hash: hex(leaves[texts.length] as Uint8Array),
    inclusion_proof: proofOf(texts.length),
    signed_tree_head: makeHead(leaves.length, root, { signer, timestampMs }),
    key_chain: texts.map((text, i) => ({ leaf_data: text, inclusion_proof: proofOf(i) })),
  };
}
