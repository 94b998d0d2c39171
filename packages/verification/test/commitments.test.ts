/** The form of the `commitments` member. @module */

import { describe, expect, it } from 'vitest';
import { readCommitments } from '../src/commitments.ts';
import { parseJson } from '../src/json.ts';
import { object } from '../src/members.ts';
import type { Json, JsonRecord } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const HASH = 'cd'.repeat(32);
const NUMBER = { pointer: '/a', scale: 2, commitment: HASH };

function read(value: Json): ReturnType<typeof readCommitments> {
  const leaf = object({ commitments: readCommitments });
  return leaf(parseJson(JSON.stringify({ commitments: value }))).commitments;
}

describe('commitments', () => {
  it('reads root, count and numbers', () => {
    const numbers = [NUMBER, { pointer: '/b~0~1', scale: 0, commitment: HASH }];
    expect(read({ fields_root: HASH, fields_count: 16, numbers })).toEqual({
      fieldsRoot: HASH,
      fieldsCount: 16,
      numbers,
    });
  });

  it('takes one field, no number, the empty pointer and the largest scale', () => {
    const numbers = [
      { pointer: '', scale: 19, commitment: HASH },
      { ...NUMBER, scale: 0 },
    ];
    expect(read({ fields_root: HASH, fields_count: 1, numbers })).toMatchObject({
      fieldsCount: 1,
      numbers,
    });
    expect(read({ fields_root: HASH, fields_count: 2, numbers: [] }).numbers).toEqual([]);
  });

  it('takes 4,096 numbers and no more', () => {
    const numbers = (count: number): Json => ({
      fields_root: HASH,
      fields_count: 8,
      numbers: Array.from({ length: count }, (_, i) => ({ ...NUMBER, pointer: `/${10_000 + i}` })),
    });
    expect(read(numbers(4_096)).numbers).toHaveLength(4_096);
    const refusal = expectRefusal('E_TOO_LARGE', () => read(numbers(4_097)));
    expect(refusal.field).toBe('commitments.numbers');
  });

  it.each<[string, Json, string]>([
    [
      'a scale of 20',
      { fields_root: HASH, fields_count: 8, numbers: [{ ...NUMBER, scale: 20 }] },
      'commitments.numbers[0].scale',
    ],
    [
      'a root of 33 bytes',
      { fields_root: `${HASH}00`, fields_count: 8, numbers: [] },
      'commitments.fields_root',
    ],
    [
      'a commitment of 31 bytes',
      {
        fields_root: HASH,
        fields_count: 8,
        numbers: [{ ...NUMBER, commitment: HASH.slice(2) }],
      },
      'commitments.numbers[0].commitment',
    ],
    ['no object', [], 'commitments'],
    [
      'a count that is no power of two',
      { fields_root: HASH, fields_count: 12, numbers: [] },
      'commitments.fields_count',
    ],
    [
      'a count of zero',
      { fields_root: HASH, fields_count: 0, numbers: [] },
      'commitments.fields_count',
    ],
    [
      'another order',
      { fields_count: 8, fields_root: HASH, numbers: [] },
      'commitments.fields_count',
    ],
    [
      'a short root',
      { fields_root: 'cd', fields_count: 8, numbers: [] },
      'commitments.fields_root',
    ],
    [
      'an unknown member of a number',
      { fields_root: HASH, fields_count: 8, numbers: [{ ...NUMBER, x: 1 }] },
      'commitments.numbers[0].x',
    ],
    [
      'a pointer without slash',
      { fields_root: HASH, fields_count: 8, numbers: [{ ...NUMBER, pointer: 'a' }] },
      'commitments.numbers[0].pointer',
    ],
    [
      'a pointer with a bad escape',
      { fields_root: HASH, fields_count: 8, numbers: [{ ...NUMBER, pointer: '/~2' }] },
      'commitments.numbers[0].pointer',
    ],
    [
      'a negative scale',
      { fields_root: HASH, fields_count: 8, numbers: [{ ...NUMBER, scale: -1 }] },
      'commitments.numbers[0].scale',
    ],
    [
      'the same pointer twice',
      { fields_root: HASH, fields_count: 8, numbers: [NUMBER, NUMBER] },
      'commitments.numbers[1].pointer',
    ],
    [
      'pointers out of order',
      { fields_root: HASH, fields_count: 8, numbers: [{ ...NUMBER, pointer: '/b' }, NUMBER] },
      'commitments.numbers[1].pointer',
    ],
    [
      'members of a number out of order',
      {
        fields_root: HASH,
        fields_count: 8,
        numbers: [{ scale: 2, pointer: '/a', commitment: HASH }],
      },
      'commitments.numbers[0].scale',
    ],
  ])('refuses %s', (_, value, member) => {
    expect(expectRefusal('E_FIELD', () => read(value)).field).toBe(member);
  });

  it.each<[string, JsonRecord]>([
    ['json-pointer', { numbers: [{ ...NUMBER, pointer: 'a' }] }],
    ['power-of-two', { fields_count: 12 }],
    ['pointer-order', { numbers: [NUMBER, NUMBER] }],
  ])('names the broken rule: %s', (rule, changes) => {
    const good = { fields_root: HASH, fields_count: 8, numbers: [] };
    expect(expectRefusal('E_FIELD', () => read({ ...good, ...changes })).rule).toBe(rule);
  });
});
