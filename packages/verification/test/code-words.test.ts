/** Each code owns a text of five parts. @module */
import { describe, expect, it } from 'vitest';
import { wordsOfCode } from '../src/code-words.ts';
import { ERROR_CODES } from '../src/errors.ts';

describe.each(ERROR_CODES)('%s', (code) => {
  const words = wordsOfCode(code);

  it('has all five parts', () => {
    expect(words.what).toMatch(/^[a-z]/);
    expect(words.what).not.toMatch(/\.$/);
    expect(words.where.length).toBeGreaterThan(3);
    expect(words.values.actual).not.toBe(words.values.expected);
    expect(words.causes).toMatch(/\.$/);
    expect(words.next).toMatch(/\.$/);
  });

  it('blames nobody: who changed what cannot be known', () => {
    const text = Object.values(words).join(' ').toLowerCase();
    expect(text).not.toMatch(/tamper|forge|fraud|malicious|attack/);
  });
});

describe('the texts', () => {
  it('tell the codes apart', () => {
    const whats = ERROR_CODES.map((code) => wordsOfCode(code).what);
    expect(new Set(whats).size).toBe(ERROR_CODES.length);
  });

  it('say of another version that a newer verifier may read it', () => {
    expect(wordsOfCode('E_VERSION').causes).toContain('newer verifier');
  });
});
