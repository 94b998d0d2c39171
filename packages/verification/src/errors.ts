/** The closed list of refusal codes, the verdict each one leads to, and the one error that carries them. @module */

import type { Rule } from './rule-words.ts';

/** What a check of one proof package comes to. */
export type Verdict = 'verified' | 'invalid' | 'malformed' | 'untrusted' | 'inconclusive' | 'error';

// Each code stands under the verdict that it leads to.
const MALFORMED = [
  'E_JSON',
  'E_DUPLICATE_MEMBER',
  'E_VERSION',
  'E_FIELD',
  'E_LEAF_TEXT',
  'E_TOO_LARGE',
] as const;
const INVALID = [
  'E_LEAF_HASH',
  'E_INDEX_RANGE',
  'E_PATH_LENGTH',
  'E_ROOT_MISMATCH',
  'E_HEAD_MISMATCH',
  'E_STH_SIGNATURE',
  'E_CHECKPOINT',
  'E_KEY_CHAIN',
  'E_PAYLOAD_HASH',
  'E_RECEIPT',
  'E_ANCHOR_MISMATCH',
  'E_DISCLOSURE',
  'E_CONSISTENCY',
  'E_ROLLBACK',
  'E_SPLIT_VIEW',
] as const;
const UNTRUSTED = [
  'E_KEY_UNKNOWN',
  'E_KEY_WINDOW',
  'E_KEY_REVOKED',
  'E_RECEIPT_KEY',
  'E_STH_TIME',
  'E_POLICY',
] as const;
const INCONCLUSIVE = ['E_ANCHOR_PENDING', 'E_ANCHOR_HEADER'] as const;
const USAGE = ['E_USAGE', 'E_NO_KEY', 'E_KEY_FORMAT', 'E_KEY_PRIVATE'] as const;
const ERROR = ['E_NO_INPUT', 'E_IO', 'E_NET', 'E_INTERNAL'] as const;

/** Every reason for which something can be refused. The codes are stable: reports and fixtures are written against them. */
export type ErrorCode =
  | (typeof MALFORMED)[number]
  | (typeof INVALID)[number]
  | (typeof UNTRUSTED)[number]
  | (typeof INCONCLUSIVE)[number]
  | (typeof USAGE)[number]
  | (typeof ERROR)[number];

/** All codes, in the order in which the documentation lists them. */
export const ERROR_CODES: readonly ErrorCode[] = /* @__PURE__ */ [
  MALFORMED,
  INVALID,
  UNTRUSTED,
  INCONCLUSIVE,
  USAGE,
  ERROR,
].flat();

const CODES_OF_VERDICT: readonly (readonly [Verdict, readonly ErrorCode[]])[] = [
  ['malformed', MALFORMED],
  ['invalid', INVALID],
  ['untrusted', UNTRUSTED],
  ['inconclusive', INCONCLUSIVE],
];

/**
 * The verdict a code leads to; `usage` for mistakes of the person who asks, which are no verdict on a proof.
 * @example verdictOfCode('E_ROOT_MISMATCH') // 'invalid'
 */
export function verdictOfCode(code: ErrorCode): Verdict | 'usage' {
  const usage: readonly ErrorCode[] = USAGE;
  return usage.includes(code) ? 'usage' : verdictOfRefusal(code);
}

/** The verdict on a proof that was refused with this code. */
export function verdictOfRefusal(code: ErrorCode): Verdict {
  return CODES_OF_VERDICT.find(([, codes]) => codes.includes(code))?.[0] ?? 'error';
}

/** Where a refusal happened and what was found there. */
export interface RefusalDetails {
  /** The member, as a path: `inclusion_proof.proof_hashes[3]`. */
  readonly field?: string | undefined;
  /** The rule that a text breaks, where a word for it says more than two values. */
  readonly rule?: Rule | undefined;
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
  declare readonly rule?: Rule;
  declare readonly expected?: string;
  declare readonly actual?: string;

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    const { cause, ...place } = details;
    super(messageOf(code, place), cause === undefined ? undefined : { cause });
    this.name = 'VerificationError';
    this.code = code;
    Object.assign(this, withoutUndefined(place));
  }
}

function messageOf(code: ErrorCode, { field, rule, expected, actual }: RefusalDetails): string {
  const values = [actual && `got ${actual}`, expected && `want ${expected}`];
  const place = [code, field, rule].filter(Boolean).join(' ');
  return [place, values.filter(Boolean).join(', ')].filter(Boolean).join(': ');
}

/** The members that say something: a report has no others. */
export function withoutUndefined<Members extends object>(members: Members): Said<Members> {
  const said = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as Said<Members>;
}

type Said<Members> = { readonly [Name in keyof Members]?: Exclude<Members[Name], undefined> };

/** For a `catch`: the refusal, or the error thrown on, since anything else is a mistake of ours and no verdict. */
export function refusalOf(error: unknown): VerificationError {
  if (error instanceof VerificationError) return error;
  throw error;
}

/** The same refusal, under another field or another code. */
export function refusalAs(
  cause: VerificationError,
  field: string | undefined,
  code: ErrorCode = cause.code,
): VerificationError {
  const { rule, expected, actual } = cause;
  return new VerificationError(code, { field, rule, expected, actual, cause });
}

/** The same refusal, seen from outside: the name of the member in which it happened comes first. */
export function refusalIn(name: string, cause: VerificationError): VerificationError {
  const { field = '' } = cause;
  const joint = field === '' || field.startsWith('[') ? '' : '.';
  return refusalAs(cause, name + joint + field);
}
