/** Checkpoints: a tree head as a signed note that names its log. C2SP tlog-checkpoint. @module */
import { base64FromBytes, bytesFromBase64, equalBytes, hexFromBytes } from './bytes.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import { MAX_NOTE_BYTES, refusedNote, refusedNumber, verifyNote } from './note.ts';
import { isOrigin } from './origin.ts';
import type { TreeHead } from './tree-head.ts';
import { MAX_TREE_SIZE } from './tree-numbers.ts';

/** What a checkpoint says. */
export interface Checkpoint {
  readonly origin: string;
  readonly treeSize: bigint;
  readonly rootHash: Uint8Array;
  /** Further lines. We write none, and accept those of others without a meaning. */
  readonly extensions: readonly string[];
}

const SIZE = /^(?:0|[1-9][0-9]{0,18})$/; // decimal, no sign, no leading zero; 19 digits hold 2^63-1

/**
 * The text that is signed: origin, size and root, one line each.
 * @example encodeCheckpointBody('log.kapsel.example/t1', 8, rootHash)
 */
export function encodeCheckpointBody(
  origin: string,
  treeSize: number | bigint,
  rootHash: Uint8Array,
): string {
  if (!isOrigin(origin)) throw new TypeError('"origin" expected an origin');
  if (rootHash.length !== HASH_BYTES) {
    throw new TypeError(`"rootHash" expected ${HASH_BYTES} bytes, got ${rootHash.length}`);
  }
  if (typeof treeSize === 'number' && !Number.isSafeInteger(treeSize)) {
    throw new RangeError(`"treeSize" expected a safe integer, got ${treeSize}`);
  }
  if (treeSize < 0 || treeSize > MAX_TREE_SIZE) {
    throw new RangeError(`"treeSize" expected 0 to 2^63-1, got ${treeSize}`);
  }
  return `${origin}\n${treeSize}\n${base64FromBytes(rootHash)}\n`;
}

/**
 * Reads the text of a note (`parseNote(note).text`) as a checkpoint. Throws `E_CHECKPOINT`; verifies nothing.
 * @example parseCheckpoint(parseNote(note).text).treeSize
 */
export function parseCheckpoint(noteText: string): Checkpoint {
  // Before it is split: a text of newlines alone would become millions of lines.
  if (noteText.length > MAX_NOTE_BYTES) {
    throw refusedNumber('max-bytes', MAX_NOTE_BYTES, noteText.length);
  }
  if (!noteText.endsWith('\n')) throw refusedNote('checkpoint-end');
  const [origin = '', size = '', root = '', ...extensions] = noteText.slice(0, -1).split('\n');
  if (origin === '') throw refusedNote('checkpoint-origin');
  if (!SIZE.test(size)) throw refusedNote('checkpoint-size');
  const treeSize = BigInt(size);
  if (treeSize > MAX_TREE_SIZE) throw refusedNumber('checkpoint-max-size', MAX_TREE_SIZE, treeSize);
  if (extensions.includes('')) throw refusedNote('checkpoint-lines');
  return { origin, treeSize, rootHash: rootFromBase64(root), extensions };
}

/**
 * Throws `E_CHECKPOINT` unless this note is a checkpoint of this log, signed by this key under the log's name.
 * @example verifyCheckpoint(head.checkpoint, 'log.kapsel.example/t1', publicKey).treeSize
 */
export function verifyCheckpoint(note: string, origin: string, publicKey: Uint8Array): Checkpoint {
  const checkpoint = parseCheckpoint(verifyNote(note, [{ name: origin, publicKey }]).text);
  if (checkpoint.origin !== origin) {
    throw otherThanHead('origin', origin, checkpoint.origin);
  }
  return checkpoint;
}

/** Throws `E_CHECKPOINT` unless the note says what the head says: same log, size and root, same key. */
export function verifyHeadCheckpoint(note: string, head: TreeHead): void {
  const checkpoint = verifyCheckpoint(note, head.log, head.publicKey);
  if (checkpoint.treeSize !== BigInt(head.treeSize)) {
    throw otherThanHead('size', `${head.treeSize}`, `${checkpoint.treeSize}`);
  }
  if (!equalBytes(checkpoint.rootHash, head.rootHash)) {
    throw otherThanHead('root', hexFromBytes(head.rootHash), hexFromBytes(checkpoint.rootHash));
  }
}

function rootFromBase64(text: string): Uint8Array {
  try {
    const root = bytesFromBase64(text);
    if (root.length === HASH_BYTES) return root;
  } catch (cause) {
    throw refusedNote('checkpoint-root', refusalOf(cause));
  }
  throw refusedNote('checkpoint-root-length');
}

function otherThanHead(part: string, expected: string, actual: string): VerificationError {
  const field = `checkpoint ${part}`;
  return new VerificationError('E_CHECKPOINT', { field, expected, actual });
}
