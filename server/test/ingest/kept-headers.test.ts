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

  it('those of the endpoint are kept beside them', () => {
    const headers = ['X-Sig', 'a', 'X-Event', 'b', 'X-Other', 'c', 'User-Agent', 'd'];
    expect(keptHeaders(headers, ['x-sig'], ['x-event', 'x-sig', 'x-missing'])).toEqual({
      'x-sig': 'a',
      'x-event': 'b',
      'user-agent': 'd',
    });
  });

  it('no credential is kept, also when a scheme or an endpoint names it', () => {
    const names = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie'];
    const headers = names.flatMap((name) => [name, 'canary']);
    expect(keptHeaders(headers, names)).toEqual({});
    expect(keptHeaders(headers, [], names)).toEqual({});
  });

  it('more than 64, or more than 16 KiB together, are refused: what is accepted is kept whole', () => {
    const names = many(65).map(([name]) => name);
    expect(Object.keys(keptHeaders(many(64).flat(), [], names))).toHaveLength(64);
    const refused = expect.objectContaining({ kind: 'invalid_request' });
    expect(() => keptHeaders(many(65).flat(), [], names)).toThrow(refused);
    const long = (size: number) => keptHeaders(['x-a', 'a'.repeat(size)], [], ['x-a']);
    expect(long(16_384 - 3)['x-a']).toHaveLength(16_381);
    expect(() => long(16_384 - 2)).toThrow(refused);
    // Repeated ones count with what joins them.
    const halves = ['x-a', 'a'.repeat(8_000), 'X-A', 'a'.repeat(8_381)];
    expect(() => keptHeaders(halves, [], ['x-a'])).toThrow(refused);
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
