/** Checks as text: groups by status and reason, both values, short hashes. @module */
import type { Check } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  checkGroups,
  checksLine,
  failureText,
  shortHash,
  valueLines,
} from '../../src/render/checks.ts';

const CHECKS: readonly Check[] = [
  { id: 'format', status: 'pass' },
  { id: 'leaf', status: 'pass' },
  { id: 'inclusion', status: 'fail', code: 'E_ROOT_MISMATCH' },
  { id: 'payload', status: 'skipped', reason: 'no payload given' },
  { id: 'receipt', status: 'skipped', reason: 'none in the file' },
  { id: 'anchor', status: 'pending', reason: 'in no block yet' },
  { id: 'disclosure', status: 'skipped', reason: 'none in the file' },
];

describe('checksLine', () => {
  it('groups by status and by reason, and leaves out what nobody asked for', () => {
    expect(checksLine(CHECKS)).toBe(
      'Passed: format, leaf.   Failed: inclusion.   Pending: anchor (in no block yet).   ' +
        'Skipped: receipt, disclosure (none in the file).',
    );
  });

  it('is complete in its long form', () => {
    const text = checkGroups(CHECKS).join();
    for (const { id } of CHECKS) expect(text).toContain(id);
  });
});

describe('valueLines', () => {
  const check: Check = {
    id: 'inclusion',
    status: 'fail',
    code: 'E_ROOT_MISMATCH',
    field: 'signed_tree_head.root_hash',
    actual: `3f1c09ae${'0'.repeat(48)}77d29a02`,
    expected: `3b7e72d1${'0'.repeat(48)}c04f11b8`,
  };

  it('shows both values by their ends, one under the other', () => {
    expect(valueLines(check, false, 'tree size 12345')).toEqual([
      'computed  3f1c09ae…77d29a02',
      'signed    3b7e72d1…c04f11b8   signed_tree_head.root_hash, tree size 12345',
    ]);
  });

  it('shows them in full when asked', () => {
    expect(valueLines(check, true).join('\n')).toContain(String(check.actual));
  });

  it('writes out what values hide', () => {
    const hostile = { ...check, actual: 'a\u001b[2Jb', expected: 'c\u202ed', field: 'e\nf' };
    expect(valueLines(hostile, false)).toEqual([
      'computed  a\\u001b[2Jb',
      'signed    c\\u202ed   e\\u000af',
    ]);
  });

  it('names the place where there are no values', () => {
    const bare: Check = { id: 'format', status: 'fail', code: 'E_FIELD', field: 'a\u001bb' };
    expect(valueLines(bare, false)).toEqual(['in a\\u001bb']);
  });
});

describe('shortHash', () => {
  it('shortens long hex and nothing else', () => {
    expect(shortHash('ab'.repeat(32))).toBe('abababab…abababab');
    expect(shortHash('ab'.repeat(8))).toBe('ab'.repeat(8));
    expect(shortHash('a value that is a sentence and quite a long one')).not.toContain('…');
  });
});

describe('failureText', () => {
  it('gives the reason of the system where there is one', () => {
    const check: Check = { id: 'format', status: 'fail', code: 'E_IO', reason: 'no\u0007thing' };
    expect(failureText(check)).toBe('no\\u0007thing');
  });
});
