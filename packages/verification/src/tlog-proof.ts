/** The C2SP form of a proof: an index, a path and a checkpoint in one text. C2SP tlog-proof v1. @module */
import {
  base64FromBytes,
  bytesFromBase64,
  hexFromBytes,
  stringFromUtf8,
  utf8FromString,
  utf8Length,
} from './bytes.ts';
import type { Checkpoint } from './checkpoint.ts';
import { parseCheckpoint, verifyCheckpoint, verifyHeadCheckpoint } from './checkpoint.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { HASH_BYTES, leafHash } from './hash.ts';
import { verifyInclusion } from './inclusion.ts';
import { parseNote } from './note.ts';
import type { ProofPackage } from './proof-package.ts';
import { MAX_TREE_SIZE } from './tree-numbers.ts';

/** A tlog-proof taken apart. Nothing in it is verified. */
export interface TlogProof {
  /** What the writer added, or null: in our exports the leaf data. Nobody signed it; only its hash can vouch for it. */
  readonly extra: Uint8Array | null;
  readonly leafIndex: bigint;
  /** Hashes of 32 bytes, the one next to the leaf first; at most 63. */
  readonly proofHashes: readonly Uint8Array[];
  /** The signed note, verbatim. Size and root stand in it alone. */
  readonly checkpoint: string;
}

const TLOG_PROOF_LINE = 'c2sp.org/tlog-proof@v1';
const FORMAT_LINE_START = 'c2sp.org/tlog-proof@';
const MAX_FORMAT_SHOWN = 64;
const MAX_TLOG_PROOF_BYTES = 1_048_576; // as a proof package: a leaf, its path and a note with many cosignatures
const MAX_PATH_HASHES = 63; // the deepest tree that has a size
const EXTRA = 'extra ';
const INDEX = /^index (0|[1-9][0-9]{0,18})$/; // decimal, no leading zero; 19 digits hold 2^63-1

/**
 * Reads a tlog-proof from a string or from the bytes of a file:
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>                 may be absent
 *     index <decimal>
 *     <base64 hash>                  0 to 63 lines
 *                                    one empty line
 *     <origin> …                     the checkpoint, verbatim
 *
 * Throws `E_VERSION` for another version, `E_TOO_LARGE` above 1 MiB or 63 hashes, `E_FIELD` for any other text. The
 * checkpoint is not looked at: `verifyTlogProof` does that.
 * @example parseTlogProof(await readFile('delivery.tlog-proof')).leafIndex
 */
export function parseTlogProof(input: string | Uint8Array): TlogProof {
  const text = textFromFile(input);
  const headerEnd = text.indexOf('\n\n');
  const [format = '', ...lines] = text
    .slice(0, headerEnd === -1 ? undefined : headerEnd)
    .split('\n');
  assertFormat(format);
  const extra = lines[0]?.startsWith(EXTRA) ? readExtra(lines.shift() as string) : null;
  const leafIndex = readIndex(lines.shift());
  if (lines.length > MAX_PATH_HASHES) {
    throw refused('E_TOO_LARGE', 'proof_hashes', `at most ${MAX_PATH_HASHES} hashes`, 'more');
  }
  const proofHashes = lines.map(readHash);
  const checkpoint = headerEnd === -1 ? '' : text.slice(headerEnd + 2);
  if (checkpoint === '') {
    throw refused('E_FIELD', 'checkpoint', 'a checkpoint after an empty line', 'none');
  }
  return { extra, leafIndex, proofHashes, checkpoint };
}

/**
 * Writes the text that `parseTlogProof` reads; there is one for each proof. No `extra` and an empty one are the same.
 * Throws `E_CHECKPOINT` for a note that is no checkpoint; `RangeError` or `TypeError` for an index or hash that no tree
 * has.
 * @example await writeFile('delivery.tlog-proof', encodeTlogProof(tlogProofFromPackage(parseProofPackage(file))))
 */
export function encodeTlogProof(proof: TlogProof): string {
  const { extra, leafIndex, proofHashes, checkpoint } = proof;
  if (leafIndex < 0n || leafIndex > MAX_TREE_SIZE) {
    throw new RangeError(`"leafIndex" expected 0 to 2^63-1, got ${leafIndex}`);
  }
  if (proofHashes.length > MAX_PATH_HASHES) {
    throw new RangeError(`"proofHashes" expected at most ${MAX_PATH_HASHES}`);
  }
  for (const { length } of proofHashes) {
    if (length !== HASH_BYTES)
      throw new TypeError(`"proofHashes" expected 32 bytes, got ${length}`);
  }
  parseCheckpoint(parseNote(checkpoint).text); // whatever else stood here would end the proof at another place
  const extraLines = extra === null || extra.length === 0 ? [] : [EXTRA + base64FromBytes(extra)];
  const lines = [TLOG_PROOF_LINE, ...extraLines, `index ${leafIndex}`];
  return `${[...lines, ...proofHashes.map(base64FromBytes)].join('\n')}\n\n${checkpoint}`;
}

/**
 * A proof package as a tlog-proof, its leaf data in `extra`. What the form has no place for is lost: the 50-byte
 * signature with the head's time, `sth_id`, key chain, anchors, receipt and disclosures.
 *
 * Refuses a package whose export would not verify: `E_CHECKPOINT` without a good checkpoint for its head,
 * `E_HEAD_MISMATCH` where the proof is for another size or root, and the codes of `verifyInclusion`. Whether the key is
 * trusted is not asked here.
 * @example encodeTlogProof(tlogProofFromPackage(parseProofPackage(file)))
 */
export function tlogProofFromPackage(proofPackage: ProofPackage): TlogProof {
  const { inclusionProof: proof, signedTreeHead: head } = proofPackage;
  if (head.checkpoint === null) {
    throw refused('E_CHECKPOINT', 'signed_tree_head.checkpoint', 'a checkpoint', 'none');
  }
  verifyHeadCheckpoint(head.checkpoint, head);
  assertAgree('inclusion_proof.tree_size', `${proof.treeSize}`, `${head.treeSize}`);
  const rootOfProof = hexFromBytes(proof.rootHash);
  assertAgree('inclusion_proof.root_hash', rootOfProof, hexFromBytes(head.rootHash));
  const extra = utf8FromString(proofPackage.leafData);
  const { leafIndex, treeSize, proofHashes } = proof;
  verifyInclusion(leafHash(extra), leafIndex, treeSize, proofHashes, head.rootHash);
  return { extra, leafIndex: BigInt(leafIndex), proofHashes, checkpoint: head.checkpoint };
}

/**
 * Throws unless this leaf stands in the tree of the proof's checkpoint, and the checkpoint is this log's, signed by this
 * key. The leaf hash is the caller's, made of data they believe in; `extra` is not looked at. For logs of any kind;
 * cosignatures are not asked for. Throws `E_CHECKPOINT` and the codes of `verifyInclusion`.
 * @example verifyTlogProofInclusion(leafHash(entry), parseTlogProof(file), 'log.example/1', publicKey).treeSize
 */
export function verifyTlogProofInclusion(
  leafHash: Uint8Array,
  proof: TlogProof,
  origin: string,
  publicKey: Uint8Array,
): Checkpoint {
  const checkpoint = verifyCheckpoint(proof.checkpoint, origin, publicKey);
  const { treeSize, rootHash } = checkpoint;
  verifyInclusion(leafHash, proof.leafIndex, treeSize, proof.proofHashes, rootHash);
  return checkpoint;
}

function textFromFile(input: string | Uint8Array): string {
  const lengthBytes = typeof input === 'string' ? utf8Length(input) : input.length;
  if (lengthBytes > MAX_TLOG_PROOF_BYTES) {
    const limit = `at most ${MAX_TLOG_PROOF_BYTES} bytes`;
    throw refused('E_TOO_LARGE', 'tlog-proof', limit, `${lengthBytes} bytes`);
  }
  return typeof input === 'string' ? input : stringFromUtf8(input);
}

// Before all other lines: a later version may have others, and its file may be fine.
function assertFormat(line: string): void {
  if (line === TLOG_PROOF_LINE) return;
  const isOtherVersion = line.startsWith(FORMAT_LINE_START);
  throw refused(
    isOtherVersion ? 'E_VERSION' : 'E_FIELD',
    'format',
    TLOG_PROOF_LINE,
    isOtherVersion ? line.slice(0, MAX_FORMAT_SHOWN) : 'another first line',
  );
}

function readExtra(line: string): Uint8Array {
  const extra = readBase64(line.slice(EXTRA.length), 'extra');
  if (extra.length > 0) return extra;
  throw refused('E_FIELD', 'extra', 'data, or no such line', 'none');
}

function readIndex(line: string | undefined): bigint {
  const index = BigInt(INDEX.exec(line ?? '')?.[1] ?? -1);
  if (index >= 0n && index <= MAX_TREE_SIZE) return index;
  throw refused('E_FIELD', 'index', 'a line "index" with a decimal up to 2^63-1', 'another line');
}

function readHash(line: string, i: number): Uint8Array {
  const field = `proof_hashes[${i}]`;
  const hash = readBase64(line, field);
  if (hash.length === HASH_BYTES) return hash;
  throw refused('E_FIELD', field, `${HASH_BYTES} bytes in base64`, `${hash.length} bytes`);
}

function readBase64(text: string, field: string): Uint8Array {
  try {
    return bytesFromBase64(text);
  } catch (cause) {
    const error = refusalOf(cause);
    throw refused('E_FIELD', field, 'base64 with padding', 'another text', error);
  }
}

function assertAgree(field: string, actual: string, expected: string): void {
  if (actual !== expected) throw refused('E_HEAD_MISMATCH', field, expected, actual);
}

function refused(
  code: 'E_FIELD' | 'E_VERSION' | 'E_TOO_LARGE' | 'E_CHECKPOINT' | 'E_HEAD_MISMATCH',
  field: string,
  expected: string,
  actual: string,
  cause?: unknown,
): VerificationError {
  return new VerificationError(code, { field, expected, actual, cause });
}
