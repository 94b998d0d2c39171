/** Patterns of file names. @module */
import { describe, expect, it } from 'vitest';
import { baseOfPattern, isPattern, matcherOfPattern } from '../../src/inputs/glob.ts';

describe('matcherOfPattern', () => {
  it.each<[string, string, boolean]>([
    ['*.json', 'a.json', true],
    ['*.json', 'a/b.json', false],
    ['*.json', '.a.json', false],
    ['.*.json', '.a.json', true],
    ['a?.json', 'ab.json', true],
    ['a?.json', 'a.json', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['**/*.json', 'a.json', true],
    ['**/*.json', 'a/b/c.json', true],
    ['**/*.json', '.git/c.json', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['./a/*', 'a/b', true],
    ['a[', 'a[', true],
    ['[z-a]', '[z-a]', true],
    ['a+(b)', 'a+(b)', true],
  ])('%s on %s: %s', (pattern, path, isMatch) => {
    if (pattern === '[z-a]') return expect(() => matcherOfPattern(pattern)(path)).not.toThrow();
    expect(matcherOfPattern(pattern)(path)).toBe(isMatch);
  });

  it('is not slow on a hostile pattern', () => {
    const startMs = performance.now();
    expect(matcherOfPattern(`${'*a'.repeat(60)}b`)('a'.repeat(200))).toBe(false);
    expect(matcherOfPattern(`${'**/'.repeat(30)}x`)('a/'.repeat(100))).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

it('knows a pattern and the folder to begin in', () => {
  expect(['a.json', 'a*', 'b[1]', 'c?'].map(isPattern)).toEqual([false, true, true, true]);
  expect(['*.json', 'a/b/*.json', '/x/**', '/*'].map(baseOfPattern)).toEqual([
    '.',
    'a/b',
    '/x',
    '/',
  ]);
});
