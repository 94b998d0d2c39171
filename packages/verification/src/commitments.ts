/** The `commitments` member of a leaf: its form only. What was committed to is opened elsewhere. Proof format. @module */
import { VerificationError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { Members } from './members.ts';

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

const COMMITMENTS_MEMBERS: readonly string[] = ['fields_root', 'fields_count', 'numbers'];
const NUMBER_MEMBERS: readonly string[] = ['pointer', 'scale', 'commitment'];
const MAX_NUMBERS = 4_096; // no payload has more scalars that are committed to
const MAX_SCALE = 19; // 10^19 is the last power of ten below 2^64

/** Reads the member of a leaf; `E_FIELD` names what is wrong. */
export function readCommitments(value: JsonValue): Commitments {
  const members = Members.openInOrder(value, 'commitments', COMMITMENTS_MEMBERS);
  const fieldsCount = members.integer('fields_count', 1);
  if (!isPowerOfTwo(fieldsCount)) {
    throw new VerificationError('E_FIELD', {
      field: members.pathOf('fields_count'),
      expected: 'a power of two',
      actual: `${fieldsCount}`,
    });
  }
  const numbers = members
    .list('numbers', MAX_NUMBERS)
    .map((item, i) => readNumber(item, `${members.pathOf('numbers')}[${i}]`));
  const unsorted = numbers.findIndex(
    ({ pointer }, i) => i > 0 && pointer <= (numbers[i - 1] as NumberCommitment).pointer,
  );
  if (unsorted !== -1) {
    throw new VerificationError('E_FIELD', {
      field: `${members.pathOf('numbers')}[${unsorted}].pointer`,
      expected: 'pointers in rising order',
      actual: 'one that is not above the one before',
    });
  }
  return { fieldsRoot: members.hexText('fields_root', 32), fieldsCount, numbers };
}

function readNumber(value: JsonValue, path: string): NumberCommitment {
  const members = Members.openInOrder(value, path, NUMBER_MEMBERS);
  return {
    pointer: members.stringThat('pointer', isJsonPointer, 'a JSON pointer'),
    scale: members.integer('scale', 0, MAX_SCALE),
    commitment: members.hexText('commitment', 32),
  };
}

function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)*$/.test(text); // RFC 6901 section 3
}

function isPowerOfTwo(value: number): boolean {
  const bits = BigInt(value);
  return (bits & (bits - 1n)) === 0n;
}
