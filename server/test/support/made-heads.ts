/** Heads of made-up trees, signed as the server signs them. @module */
import {
  encodeCheckpointBody,
  encodeNoteSignature,
  encodeTreeHead,
  noteKeyId,
  utf8FromString,
} from '@kapsel/verification';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import { newId } from '../../src/base/ids.ts';
import type { Signer } from '../../src/keys/signer.ts';

export interface MadeHead {
  readonly origin: string;
  readonly signer: Signer;
  readonly treeSize: number;
  readonly timestampMs: number;
  /** A root of these bytes; by default of the size. */
  readonly rootHash?: Uint8Array;
}

export async function makeHead({
  origin,
  signer,
  treeSize,
  timestampMs,
  rootHash = new Uint8Array(32).fill(treeSize),
}: MadeHead): Promise<TreeHead> {
  const body = encodeCheckpointBody(origin, treeSize, rootHash);
  const keyId = noteKeyId(origin, 0x01, signer.publicKey);
  const noteSignature = await signer.sign(utf8FromString(body));
  return {
    id: newId<'tree_head'>(timestampMs),
    origin,
    treeSize,
    rootHash,
    timestampMs,
    signature: await signer.sign(encodeTreeHead(timestampMs, treeSize, rootHash)),
    publicKey: signer.publicKey,
    checkpoint: `${body}\n${encodeNoteSignature(origin, keyId, noteSignature)}`,
    cosignatures: [],
  };
}
