import { expect, it } from 'vitest';
import { findHeader } from '../../src/ingest/raw-headers.ts';

const HEADERS = ['Host', 'a', 'X-Sig', 'one', 'x-twice', '1', 'X-Twice', '2', 'X-Empty', ''];

it.each([
  ['host', { kind: 'one', value: 'a' }],
  ['x-sig', { kind: 'one', value: 'one' }],
  ['x-empty', { kind: 'one', value: '' }],
  ['x-twice', { kind: 'repeated' }],
  ['x-none', { kind: 'none' }],
  ['one', { kind: 'none' }],
])('%s', (name, expected) => {
  expect(findHeader(HEADERS, name)).toEqual(expected);
});

it('equal values are repeated all the same', () => {
  expect(findHeader(['a', '1', 'A', '1'], 'a')).toEqual({ kind: 'repeated' });
});
