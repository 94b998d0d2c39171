/** One signed head beside the tree and the head before it: root, both signatures, time, and whether its key might sign then. @module */
import {
  encodeCheckpointBody,
  encodeTreeHead,
  equalBytes,
  hexFromBytes,
  isOrigin,
  keyIdFromPublicKey,
  VerificationError,
  verifyCheckpoint,
  verifyCosignatures,
  verifyEd25519,
} from '@kapsel/verification';
import type { KeyHistory } from './check-keys.ts';
import type { Finding } from './contradiction.ts';

export interface HeadRow {
  readonly id: string;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  readonly timestampMs: number;
  readonly signature: Uint8Array;
  /** Hex. */
  readonly keyId: string;
  readonly checkpoint: string;
}

/** `root` is that of the recomputed tree at the head's size; `before` the head before it, by size and time. */
export function checkHead(
  head: HeadRow,
  root: Uint8Array,
  before: HeadRow | null,
  keys: KeyHistory,
  origin: string,
): Finding[] {
  const at = `size ${head.treeSize}, head ${head.id}`;
  const findings: Finding[] = [];
  const found = (column: string, want: string, got: string): void => {
    findings.push({ where: `signed_tree_heads.${column}`, at, want, got });
  };
  if (!equalBytes(head.rootHash, root)) {
    found('root_hash', hexFromBytes(root), hexFromBytes(head.rootHash));
  }
  if (before !== null && head.timestampMs <= before.timestampMs) {
    found('timestamp_ms', `after ${before.timestampMs}`, `${head.timestampMs}`);
  }
  const key = keys.keyOf(head.keyId);
  if (key === null) {
    found('key_id', 'a key of this log', head.keyId);
    return findings;
  }
  const message = encodeTreeHead(head.timestampMs, head.treeSize, head.rootHash);
  if (!verifyEd25519(head.signature, message, key.publicKey)) {
    found('signature', `a signature by the key ${head.keyId}`, 'another signature');
  }
  const refused = checkpointFault(head, key.publicKey, origin);
  if (refused !== null) found('checkpoint', 'this head as a signed note', refused);
  return [...findings, ...keys.checkSigner(head, at)];
}

function checkpointFault(head: HeadRow, publicKey: Uint8Array, origin: string): string | null {
  try {
    const note = verifyCheckpoint(head.checkpoint, origin, publicKey);
    if (note.treeSize !== BigInt(head.treeSize)) return `size ${note.treeSize}`;
    if (!equalBytes(note.rootHash, head.rootHash)) return `root ${hexFromBytes(note.rootHash)}`;
    return null;
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

export interface CosignatureRow {
  readonly treeSize: number;
  readonly witness: string;
  readonly publicKey: Uint8Array;
  readonly cosignedAtMs: number;
  readonly line: string;
}

/** A stored cosignature is one line of the note of its size, by the witness that the row names. */
export function checkCosignature(row: CosignatureRow, root: Uint8Array, origin: string): Finding[] {
  const at = `size ${row.treeSize}, witness ${row.witness}`;
  const found = (column: string, want: string, got: string): Finding[] => [
    { where: `cosignatures.${column}`, at, want, got },
  ];
  // The name of the log stands in the row of the log, which may be changed like any other.
  if (!isOrigin(origin)) return found('line', 'a note of a log with a name', 'no name of a log');
  const body = encodeCheckpointBody(origin, row.treeSize, root);
  const note = `${body}\n${row.line.replace(/\n$/, '')}\n`;
  try {
    const [cosignature] = verifyCosignatures(note, [
      { name: row.witness, publicKey: row.publicKey },
    ]);
    if (cosignature === undefined) {
      const keyId = keyIdFromPublicKey(row.publicKey);
      return found('line', `a line of the witness with key ${keyId}`, 'another line');
    }
    const seconds = Math.floor(row.cosignedAtMs / 1_000);
    if (cosignature.timeSeconds === BigInt(seconds)) return [];
    return found('cosigned_at', `${cosignature.timeSeconds}`, `${seconds}`);
  } catch (error) {
    if (error instanceof VerificationError) return found('line', 'a cosignature', error.code);
    throw error;
  }
}
