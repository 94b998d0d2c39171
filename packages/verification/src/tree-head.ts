/** The signed tree head: its JSON form and the 50 bytes that are signed. RFC 6962 section 3.5, with Ed25519. @module */
import { concatBytes, hexFromBytes } from './bytes.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verifyEd25519 } from './ed25519.ts';
import { VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import { parseJson, textFromInput } from './json.ts';
import type { Reader } from './members.ts';
import { hex, integer, named, object, optional, origin, text, uuid } from './members.ts';

/** A head as a file or an API answer carries it. `log` is only a claim until the checkpoint is verified. */
export interface TreeHead {
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  readonly timestampMs: number;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly sthId: string;
  readonly log: string;
  /** The same head as a C2SP signed note, or null where the file has none. */
  readonly checkpoint: string | null;
}

const MAX_HEAD_BYTES = 1_048_576; // a head is small, its checkpoint may carry many cosignatures
const MAX_U64 = 2n ** 64n - 1n;

/**
 * The signed bytes:
 *
 *     off len
 *      0   1  00  version v1
 *      1   1  01  signature type tree_hash
 *      2   8  timestamp, big-endian, Unix milliseconds
 *     10   8  tree size, big-endian
 *     18  32  root hash
 *
 * They begin with 00, which no checkpoint contains: the two signatures cannot be exchanged.
 * @example verifyEd25519(signature, encodeTreeHead(timestampMs, treeSize, rootHash), publicKey)
 */
export function encodeTreeHead(
  timestampMs: number | bigint,
  treeSize: number | bigint,
  rootHash: Uint8Array,
): Uint8Array {
  if (rootHash.length !== HASH_BYTES) {
    throw new TypeError(`"rootHash" expected ${HASH_BYTES} bytes, got ${rootHash.length}`);
  }
  assertUint64(timestampMs, 'timestampMs');
  assertUint64(treeSize, 'treeSize');
  return signedBytesOf({ timestampMs, treeSize, rootHash });
}

/** The same for a head whose members are known to be of the right form. */
export function signedBytesOf(head: {
  readonly timestampMs: number | bigint;
  readonly treeSize: number | bigint;
  readonly rootHash: Uint8Array;
}): Uint8Array {
  const bytes = concatBytes(Uint8Array.of(0x00, 0x01), new Uint8Array(16), head.rootHash);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(2, BigInt(head.timestampMs));
  view.setBigUint64(10, BigInt(head.treeSize));
  return bytes;
}

/**
 * Throws `E_STH_SIGNATURE` unless the head's own key signed its 50 bytes. Whether that key is trusted is another check.
 * RFC 6962 section 3.5.
 * @example verifyTreeHead(parseTreeHead(text))
 */
export function verifyTreeHead(head: TreeHead): void {
  verifySignature(head, encodeTreeHead(head.timestampMs, head.treeSize, head.rootHash));
}

/** The same for a head that was read from a file, so that the form of its members is known. */
export function verifyReadHead(head: TreeHead): void {
  verifySignature(head, signedBytesOf(head));
}

function verifySignature({ signature, publicKey }: TreeHead, message: Uint8Array): void {
  if (verifyEd25519(signature, message, publicKey)) return;
  throw new VerificationError('E_STH_SIGNATURE', {
    field: 'signature',
    expected: `a signature by the key ${hexFromBytes(publicKey)}`,
    actual: hexFromBytes(signature),
  });
}

/**
 * Reads a head that stands alone, as `/attestation/sth` answers it: strict JSON, every member of the right form.
 * Throws `VerificationError` otherwise. Nothing is verified yet.
 * @example parseTreeHead(await file.text()).treeSize
 */
export function parseTreeHead(input: string | Uint8Array): TreeHead {
  return readTreeHead(parseJson(textFromInput(input, MAX_HEAD_BYTES, 'tree head')));
}

/** Reads the head of a larger file. */
export const readTreeHead: Reader<TreeHead> = /* @__PURE__ */ object({
  treeSize: integer(0),
  rootHash: hex(HASH_BYTES),
  timestampMs: named('timestamp', integer(0)),
  signature: hex(SIGNATURE_BYTES),
  publicKey: hex(PUBLIC_KEY_BYTES),
  sthId: uuid,
  log: origin,
  checkpoint: optional(text, null),
});

function assertUint64(value: number | bigint, name: string): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`"${name}" expected a safe integer, got ${value}`);
  }
  if (value < 0n || value > MAX_U64) {
    throw new RangeError(`"${name}" expected 0 to 2^64-1, got ${value}`);
  }
}
