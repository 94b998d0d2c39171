/** The `.ots` file: which digest was stamped, and the tree that begins at it. OpenTimestamps, version 1 of the format. @module */
import { concatBytes, equalBytes } from '../bytes.ts';
import { VerificationError } from '../errors.ts';
import { OtsCursor } from './cursor.ts';
import type { OtsTimestamp } from './timestamp.ts';
import { encodeOtsTimestamp, readOtsTimestamp } from './timestamp.ts';

/** How the stamped file was hashed. Only sha256 counts for an anchor: files of one sha1 can be made at will. */
export type OtsFileHash = 'sha1' | 'ripemd160' | 'sha256';

/** A proof whose form is right. Nothing in it is verified. `timestamp.message` is the digest of the file. */
export interface OtsProof {
  readonly fileHash: OtsFileHash;
  readonly timestamp: OtsTimestamp;
}

const MAX_FILE_BYTES = 1_048_576;
const MAJOR_VERSION = 1;
// NUL "OpenTimestamps" NUL NUL "Proof" NUL and 8 bytes that no text has
const MAGIC = /* @__PURE__ */ Uint8Array.of(
  ...[0x00, 0x4f, 0x70, 0x65, 0x6e, 0x54, 0x69, 0x6d, 0x65, 0x73, 0x74, 0x61, 0x6d, 0x70, 0x73],
  ...[0x00, 0x00, 0x50, 0x72, 0x6f, 0x6f, 0x66, 0x00],
  ...[0xbf, 0x89, 0xe2, 0xe8, 0x84, 0xe8, 0x92, 0x94],
);
const FILE_HASHES: readonly { name: OtsFileHash; tag: number; lengthBytes: number }[] = [
  { name: 'sha1', tag: 0x02, lengthBytes: 20 },
  { name: 'ripemd160', tag: 0x03, lengthBytes: 20 },
  { name: 'sha256', tag: 0x08, lengthBytes: 32 },
];

/**
 * Reads an `.ots` file; all bytes are used up. Throws `E_FIELD` with the byte where it ends to be one, `E_TOO_LARGE`
 * for more than 1 MiB.
 * @example parseOtsProof(await readFile('checkpoint.ots')).timestamp.message
 */
export function parseOtsProof(bytes: Uint8Array): OtsProof {
  if (bytes.length > MAX_FILE_BYTES) {
    throw new VerificationError('E_TOO_LARGE', {
      rule: 'max-bytes',
      expected: `${MAX_FILE_BYTES}`,
      actual: `${bytes.length}`,
    });
  }
  const cursor = new OtsCursor(bytes);
  if (!equalBytes(cursor.readBytes(MAGIC.length), MAGIC)) throw cursor.refused('ots-magic', 0);
  const version = cursor.place;
  if (cursor.readByte() !== MAJOR_VERSION) throw cursor.refused('ots-version', version);
  const tag = cursor.readByte();
  const hash = FILE_HASHES.find((each) => each.tag === tag);
  if (hash === undefined) throw cursor.refused('ots-operation', cursor.place - 1);
  const digest = cursor.readBytes(hash.lengthBytes);
  const timestamp = readOtsTimestamp(cursor, digest);
  cursor.assertEnd();
  return { fileHash: hash.name, timestamp };
}

/**
 * The file of a proof, in its one canonical form.
 * @example encodeOtsProof({ fileHash: 'sha256', timestamp })
 */
export function encodeOtsProof({ fileHash, timestamp }: OtsProof): Uint8Array {
  const hash = FILE_HASHES.find(({ name }) => name === fileHash);
  if (hash?.lengthBytes !== timestamp.message.length) {
    throw new TypeError(`"timestamp" expected a tree that begins at a ${fileHash} digest`);
  }
  const start = Uint8Array.of(MAJOR_VERSION, hash.tag);
  return concatBytes(MAGIC, start, timestamp.message, encodeOtsTimestamp(timestamp));
}
