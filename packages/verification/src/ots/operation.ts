/** The operations of a proof: each makes a new message of the one before. @module */
import { ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, hexFromBytes, reversedBytes, utf8FromString } from '../bytes.ts';
import { VerificationError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import type { OtsCursor } from './cursor.ts';
import { encodeVaruint } from './varuint.ts';

/** One step from message to message. */
export type OtsOperation =
  | { readonly kind: 'append' | 'prepend'; readonly argument: Uint8Array }
  | { readonly kind: 'sha1' | 'ripemd160' | 'sha256' | 'keccak256' | 'reverse' | 'hexlify' };

type OtsOperationKind = OtsOperation['kind'];

/** A message, and so a result and an argument, has at least one byte and at most this many. */
const MAX_MESSAGE_BYTES = 4_096;

const TAGS: Readonly<Record<OtsOperationKind, number>> = {
  sha1: 0x02,
  ripemd160: 0x03,
  sha256: 0x08,
  keccak256: 0x67, // the padding of the original Keccak, not that of SHA3
  append: 0xf0,
  prepend: 0xf1,
  reverse: 0xf2,
  hexlify: 0xf3,
};
const KINDS: ReadonlyMap<number, OtsOperationKind> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ Object.entries(TAGS).map(([kind, tag]) => [tag, kind as OtsOperationKind]),
);

/** Reads an operation whose tag has been read. An unknown one cannot be skipped: nobody knows where it ends. */
export function readOperation(tag: number, cursor: OtsCursor): OtsOperation {
  const kind = KINDS.get(tag);
  if (kind === undefined) throw cursor.refused('ots-operation', cursor.place - 1);
  if (kind !== 'append' && kind !== 'prepend') return { kind };
  return { kind, argument: cursor.readVarbytes(1, MAX_MESSAGE_BYTES) };
}

/** Tag and argument, as they are written. */
export function encodeOperation(operation: OtsOperation): Uint8Array {
  const tag = Uint8Array.of(TAGS[operation.kind]);
  if (!('argument' in operation)) return tag;
  return concatBytes(tag, encodeVaruint(operation.argument.length), operation.argument);
}

/** The same for equal operations alone. In the order of these keys they are written. */
export function operationKey(operation: OtsOperation): string {
  const tag = hexFromBytes(Uint8Array.of(TAGS[operation.kind]));
  return 'argument' in operation ? tag + hexFromBytes(operation.argument) : tag;
}

/**
 * The message after one operation. Throws `E_FIELD` where it would be longer than a message may be.
 * @example applyOtsOperation({ kind: 'sha256' }, digest)
 */
export function applyOtsOperation(operation: OtsOperation, message: Uint8Array): Uint8Array {
  const result = resultOf(operation, message);
  if (result.length <= MAX_MESSAGE_BYTES) return result;
  throw new VerificationError('E_FIELD', {
    rule: 'max-bytes',
    expected: `${MAX_MESSAGE_BYTES}`,
    actual: `${result.length}`,
  });
}

function resultOf(operation: OtsOperation, message: Uint8Array): Uint8Array {
  switch (operation.kind) {
    case 'append':
      return concatBytes(message, operation.argument);
    case 'prepend':
      return concatBytes(operation.argument, message);
    case 'reverse':
      return reversedBytes(message);
    case 'hexlify':
      return utf8FromString(hexFromBytes(message));
    case 'sha1':
      return sha1(message);
    case 'ripemd160':
      return ripemd160(message);
    case 'sha256':
      return sha256(message);
    case 'keccak256':
      return keccak_256(message);
  }
}
