/** The constants against the tables that FIPS 180-4 prints. @module */
import { expect, it } from 'vitest';
import { ROUND_CONSTANTS, START_WORDS, upperHalvesOf } from '../src/sha2-constants.ts';

function hexOf(words: readonly bigint[]): string[] {
  return words.map((word) => word.toString(16).padStart(16, '0'));
}

it('are the round constants of SHA-512: the first four, some in between, the last four', () => {
  const words = hexOf(ROUND_CONSTANTS);
  expect(words).toHaveLength(80);
  expect(words.slice(0, 4)).toEqual([
    '428a2f98d728ae22',
    '7137449123ef65cd',
    'b5c0fbcfec4d3b2f',
    'e9b5dba58189dbbc',
  ]);
  expect([words[37], words[63]]).toEqual(['766a0abb3c77b2a8', 'c67178f2e372532b']);
  expect(words.slice(76)).toEqual([
    '4cc5d4becb3e42b6',
    '597f299cfc657e2a',
    '5fcb6fab3ad6faec',
    '6c44198c4a475817',
  ]);
});

it('are the start words of SHA-512', () => {
  expect(hexOf(START_WORDS)).toEqual([
    '6a09e667f3bcc908',
    'bb67ae8584caa73b',
    '3c6ef372fe94f82b',
    'a54ff53a5f1d36f1',
    '510e527fade682d1',
    '9b05688c2b3e6c1f',
    '1f83d9abfb41bd6b',
    '5be0cd19137e2179',
  ]);
});

it('give SHA-256 its own by their upper halves, as signed words', () => {
  expect([...upperHalvesOf(START_WORDS.slice(0, 2))]).toEqual([0x6a09e667, 0xbb67ae85 | 0]);
});
