/** The `commitments` member of a leaf: its form only. What was committed to is opened elsewhere. Proof format. @module */
import { VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import type { JsonValue } from './json.ts';
import type { Reader } from './members.ts';
import { hexText, integer, list, objectInOrder, textThat } from './members.ts';

/** A hidden number of the payload. */
export interface NumberCommitment {
  /** JSON pointer (RFC 6901) to the number. */
  readonly pointer: string;
  readonly scale: number;
  readonly commitment: string;
}

/** What the log committed to besides the payload's hash. */
export interface Commitments {
  readonly fieldsRoot: string;
  readonly fieldsCount: number;
  readonly numbers: readonly NumberCommitment[];
}

const MAX_NUMBERS = 4_096; // no payload has more scalars that are committed to
const POINT_BYTES = 32; // a Pedersen commitment, compressed
const MAX_SCALE = 19; // 10^19 is the last power of ten below 2^64

const readMembers: Reader<Commitments> = /* @__PURE__ */ objectInOrder({
  fieldsRoot: hexText(HASH_BYTES),
  fieldsCount: integer(1),
  numbers: list(
    MAX_NUMBERS,
    objectInOrder({
      pointer: textThat(isJsonPointer, 'json-pointer'),
      scale: integer(0, MAX_SCALE),
      commitment: hexText(POINT_BYTES),
    }),
  ),
});

/** Reads the member of a leaf; `E_FIELD` names what is wrong. */
export function readCommitments(value: JsonValue): Commitments {
  const commitments = readMembers(value);
  const { fieldsCount, numbers } = commitments;
  if (!isPowerOfTwo(fieldsCount)) {
    throw new VerificationError('E_FIELD', {
      field: 'fields_count',
      rule: 'power-of-two',
      actual: `${fieldsCount}`,
    });
  }
  const unsorted = numbers.findIndex(
    ({ pointer }, i) => i > 0 && pointer <= (numbers[i - 1] as NumberCommitment).pointer,
  );
  if (unsorted === -1) return commitments;
  throw new VerificationError('E_FIELD', {
    field: `numbers[${unsorted}].pointer`,
    rule: 'pointer-order',
  });
}

function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)*$/.test(text); // RFC 6901 section 3
}

function isPowerOfTwo(value: number): boolean {
  const bits = BigInt(value);
  return (bits & (bits - 1n)) === 0n;
}
