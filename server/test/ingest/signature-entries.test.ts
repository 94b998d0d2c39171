import { expect, it } from 'vitest';
import { decodeSignature, readSignatureEntries } from '../../src/ingest/signature-entries.ts';

const LIST = {
  kind: 'list',
  itemSeparator: ',',
  pairSeparator: '=',
  versions: ['v1', 'v2'],
} as const;

it('takes the accepted versions of a list and its time, in order', () => {
  expect(readSignatureEntries('t=12,v1=a,v0=b,v2=c=d,v1=', LIST, 't')).toEqual({
    signatures: ['a', 'c=d', ''],
    timestamp: '12',
  });
  expect(readSignatureEntries('v1=a', LIST, 't')).toEqual({ signatures: ['a'], timestamp: null });
  expect(readSignatureEntries('', LIST, 't')).toEqual({ signatures: [], timestamp: null });
});

it('takes a whole header, or what follows a prefix', () => {
  expect(readSignatureEntries('v1=a', { kind: 'bare' }, null)?.signatures).toEqual(['v1=a']);
  const prefix = { kind: 'prefix', prefix: 'sha256=' } as const;
  expect(readSignatureEntries('sha256=ab', prefix, null)?.signatures).toEqual(['ab']);
  expect(readSignatureEntries('SHA256=ab', prefix, null)).toBeNull();
});

it('has limits: 16 entries, 8 KiB', () => {
  expect(
    readSignatureEntries(Array(16).fill('v1=a').join(','), LIST, 't')?.signatures,
  ).toHaveLength(16);
  expect(readSignatureEntries(Array(17).fill('v1=a').join(','), LIST, 't')).toBeNull();
  expect(readSignatureEntries('a'.repeat(8_192), { kind: 'bare' }, null)).not.toBeNull();
  expect(readSignatureEntries('a'.repeat(8_193), { kind: 'bare' }, null)).toBeNull();
});

it.each([
  ['00ff', 'hex', Buffer.from([0, 255])],
  ['00FF', 'hex', Buffer.from([0, 255])],
  ['00fF', 'hex', null],
  ['00f', 'hex', null],
  ['00fg', 'hex', null],
  ['00ff00', 'hex', null],
  ['AP8=', 'base64', Buffer.from([0, 255])],
  ['AP8', 'base64', null],
  ['AP9=', 'base64', null],
  ['A_8=', 'base64', null],
  ['AP8\n', 'base64', null],
  ['AP//', 'base64', null],
] as const)('%j in %s', (text, encoding, expected) => {
  expect(decodeSignature(text, encoding, 2)).toEqual(expected);
});
