/** The closed list of codes, and the error that carries one. @module */
import { describe, expect, it } from 'vitest';
import {
  ERROR_CODES,
  type ErrorCode,
  refusalOf,
  VerificationError,
  verdictOfCode,
} from '../src/errors.ts';

// Published: a code that is renamed or moved to another verdict breaks reports of others.
const PUBLISHED: Readonly<Record<string, readonly ErrorCode[]>> = {
  malformed: ['E_JSON', 'E_DUPLICATE_MEMBER', 'E_VERSION', 'E_FIELD', 'E_LEAF_TEXT', 'E_TOO_LARGE'],
  invalid: [
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
  ],
  untrusted: [
    'E_KEY_UNKNOWN',
    'E_KEY_WINDOW',
    'E_KEY_REVOKED',
    'E_RECEIPT_KEY',
    'E_STH_TIME',
    'E_POLICY',
  ],
  inconclusive: ['E_ANCHOR_PENDING', 'E_ANCHOR_HEADER'],
  usage: ['E_USAGE', 'E_NO_KEY', 'E_KEY_FORMAT', 'E_KEY_PRIVATE'],
  error: ['E_NO_INPUT', 'E_IO', 'E_NET', 'E_INTERNAL'],
};

describe('codes', () => {
  it('are exactly the published ones', () => {
    expect([...ERROR_CODES].sort()).toEqual(Object.values(PUBLISHED).flat().sort());
  });

  it.each(Object.entries(PUBLISHED))('lead to %s', (verdict, codes) => {
    for (const code of codes) expect(verdictOfCode(code)).toBe(verdict);
  });
});

describe('VerificationError', () => {
  it('carries code, member, both values and cause', () => {
    const cause = new Error('inner');
    const error = new VerificationError('E_FIELD', {
      field: 'leaf_hash',
      expected: '64 digits',
      actual: '63 characters',
      cause,
    });
    expect(error).toMatchObject({
      name: 'VerificationError',
      code: 'E_FIELD',
      field: 'leaf_hash',
      expected: '64 digits',
      actual: '63 characters',
      cause,
      message: 'E_FIELD leaf_hash: got 63 characters, want 64 digits',
    });
  });

  it('has no members for what is not known', () => {
    const error = new VerificationError('E_IO');
    expect(error.message).toBe('E_IO');
    expect(Object.keys(error).sort()).toEqual(['code', 'name']);
  });
});

describe('refusalOf', () => {
  it('hands over a refusal, and throws on whatever is a mistake of ours', () => {
    const refusal = new VerificationError('E_FIELD');
    expect(refusalOf(refusal)).toBe(refusal);
    for (const mistake of [new TypeError('ours'), new Error('ours'), 'ours', undefined]) {
      let thrown: unknown = 'nothing';
      try {
        refusalOf(mistake);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(mistake);
    }
  });
});
