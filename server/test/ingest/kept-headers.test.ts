import { describe, expect, it } from 'vitest';
import { keptHeaders, listedHeaders } from '../../src/ingest/kept-headers.ts';

describe('of a request', () => {
  it('the allow-list and those of the scheme are kept, in lower case, repeated ones joined', () => {
    const headers = ['Content-Encoding', 'gzip', 'X-Sig', 'a', 'X-Other', 'b', 'X-SIG', 'c'];
    expect(keptHeaders(headers, ['x-sig'])).toEqual({
      'content-encoding': 'gzip',
      'x-sig': 'a, c',
    });
    expect(keptHeaders(headers, [])).toEqual({ 'content-encoding': 'gzip' });
  });

  it('no credential is kept, also when a scheme names it', () => {
    const names = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'];
    const headers = names.flatMap((name) => [name, 'canary']);
    expect(keptHeaders(headers, names)).toEqual({});
  });

  it('a name that means something to objects is a name like any other', () => {
    expect(Object.entries(keptHeaders(['__proto__', 'a'], ['__proto__']))).toEqual([
      ['__proto__', 'a'],
    ]);
  });
});

describe('of a list', () => {
  it('all are kept', () => {
    expect(listedHeaders({ 'X-A': 'b', 'x-c': '' })).toEqual({ 'x-a': 'b', 'x-c': '' });
    expect(Object.keys(listedHeaders(Object.fromEntries(many(64))))).toHaveLength(64);
  });

  it.each([
    ['65 of them', Object.fromEntries(many(65))],
    ['more than 16 KiB', { 'x-a': 'a'.repeat(16_384) }],
    ['a credential', { Authorization: 'a' }],
    ['a cookie', { Cookie: 'a' }],
    ['one name in two spellings', { 'X-A': 'a', 'x-a': 'b' }],
    ['a name that is none', { 'a b': 'a' }],
    ['an empty name', { '': 'a' }],
    ['a number', { a: 1 }],
    ['U+0000', { a: '\u0000' }],
    ['a line end', { a: 'b\r\nc: d' }],
    ['a character beyond Latin-1', { a: '€' }],
  ])('%s are refused', (_what, headers) => {
    expect(() => listedHeaders(headers)).toThrow(
      expect.objectContaining({ kind: 'invalid_request' }),
    );
  });
});

function many(count: number): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`x-${i}`, 'a']);
}
