/** The closed list of refusal codes, the verdict each one leads to, and the one error that carries them. @module */

/** What a check of one proof package comes to. */
export type Verdict = 'verified' | 'invalid' | 'malformed' | 'untrusted' | 'inconclusive' | 'error';

/** Every reason for which something can be refused. The codes are stable: reports and fixtures are written against them. */
export type ErrorCode =
  | 'E_JSON'
  | 'E_DUPLICATE_MEMBER'
  | 'E_VERSION'
  | 'E_FIELD'
  | 'E_LEAF_TEXT'
  | 'E_TOO_LARGE'
  | 'E_LEAF_HASH'
  | 'E_INDEX_RANGE'
  | 'E_PATH_LENGTH'
  | 'E_ROOT_MISMATCH'
  | 'E_HEAD_MISMATCH'
  | 'E_STH_SIGNATURE'
  | 'E_CHECKPOINT'
  | 'E_KEY_CHAIN'
  | 'E_PAYLOAD_HASH'
  | 'E_RECEIPT'
  | 'E_ANCHOR_MISMATCH'
  | 'E_DISCLOSURE'
  | 'E_CONSISTENCY'
  | 'E_ROLLBACK'
  | 'E_SPLIT_VIEW'
  | 'E_KEY_UNKNOWN'
  | 'E_KEY_WINDOW'
  | 'E_KEY_REVOKED'
  | 'E_RECEIPT_KEY'
  | 'E_STH_TIME'
  | 'E_POLICY'
  | 'E_ANCHOR_PENDING'
  | 'E_ANCHOR_HEADER'
  | 'E_USAGE'
  | 'E_NO_KEY'
  | 'E_KEY_FORMAT'
  | 'E_KEY_PRIVATE'
  | 'E_NO_INPUT'
  | 'E_IO'
  | 'E_NET'
  | 'E_INTERNAL';

const VERDICT_OF_CODE: Readonly<Record<ErrorCode, Verdict | 'usage'>> = {
  E_JSON: 'malformed',
  E_DUPLICATE_MEMBER: 'malformed',
  E_VERSION: 'malformed',
  E_FIELD: 'malformed',
  E_LEAF_TEXT: 'malformed',
  E_TOO_LARGE: 'malformed',
  E_LEAF_HASH: 'invalid',
  E_INDEX_RANGE: 'invalid',
  E_PATH_LENGTH: 'invalid',
  E_ROOT_MISMATCH: 'invalid',
  E_HEAD_MISMATCH: 'invalid',
  E_STH_SIGNATURE: 'invalid',
  E_CHECKPOINT: 'invalid',
  E_KEY_CHAIN: 'invalid',
  E_PAYLOAD_HASH: 'invalid',
  E_RECEIPT: 'invalid',
  E_ANCHOR_MISMATCH: 'invalid',
  E_DISCLOSURE: 'invalid',
  E_CONSISTENCY: 'invalid',
  E_ROLLBACK: 'invalid',
  E_SPLIT_VIEW: 'invalid',
  E_KEY_UNKNOWN: 'untrusted',
  E_KEY_WINDOW: 'untrusted',
  E_KEY_REVOKED: 'untrusted',
  E_RECEIPT_KEY: 'untrusted',
  E_STH_TIME: 'untrusted',
  E_POLICY: 'untrusted',
  E_ANCHOR_PENDING: 'inconclusive',
  E_ANCHOR_HEADER: 'inconclusive',
  E_USAGE: 'usage',
  E_NO_KEY: 'usage',
  E_KEY_FORMAT: 'usage',
  E_KEY_PRIVATE: 'usage',
  E_NO_INPUT: 'error',
  E_IO: 'error',
  E_NET: 'error',
  E_INTERNAL: 'error',
};

/** All codes, in the order in which the documentation lists them. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(VERDICT_OF_CODE) as ErrorCode[];

/**
 * The verdict a code leads to; `usage` for mistakes of the person who asks, which are no verdict on a proof.
 * @example verdictOfCode('E_ROOT_MISMATCH') // 'invalid'
 */
export function verdictOfCode(code: ErrorCode): Verdict | 'usage' {
  return VERDICT_OF_CODE[code];
}

/** Where a refusal happened and what was found there. */
export interface RefusalDetails {
  /** The member, as a path: `inclusion_proof.proof_hashes[3]`. */
  readonly field?: string | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A proof, a key or a text was refused. `code` is for programs; the words for people are made by `explainCode`.
 * @example catch (error) { if (error instanceof VerificationError) report(error.code, error.field); }
 */
export class VerificationError extends Error {
  readonly code: ErrorCode;
  // Declared only: a plain field would exist as undefined where nothing is known.
  declare readonly field?: string;
  declare readonly expected?: string;
  declare readonly actual?: string;

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    const where = details.field === undefined ? '' : ` ${details.field}`;
    const got = details.actual === undefined ? '' : `got ${details.actual}`;
    const want = details.expected === undefined ? '' : `want ${details.expected}`;
    const both = [got, want].filter((part) => part !== '').join(', ');
    super(
      `${code}${where}${both === '' ? '' : `: ${both}`}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'VerificationError';
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.expected !== undefined) this.expected = details.expected;
    if (details.actual !== undefined) this.actual = details.actual;
  }
}

/** For a `catch`: the refusal, or the error thrown on, since anything else is a mistake of ours and no verdict. */
export function refusalOf(error: unknown): VerificationError {
  if (error instanceof VerificationError) return error;
  throw error;
}
