/** Signs of the verdicts and ASCII-only text. @module */
import { describe, expect, it } from 'vitest';
import { asciiFromText, glyphOfVerdict } from '../../src/render/glyphs.ts';

const VERDICTS = [
  'verified',
  'invalid',
  'malformed',
  'untrusted',
  'inconclusive',
  'error',
] as const;

describe('glyphOfVerdict', () => {
  it('has the signs of the table, each once', () => {
    expect(VERDICTS.map((verdict) => glyphOfVerdict(verdict, false)).join('')).toBe('✓✗!?~#');
    expect(VERDICTS.map((verdict) => glyphOfVerdict(verdict, true)).join('')).toBe('+x!?~#');
  });
});

describe('asciiFromText', () => {
  it('writes own signs in their ASCII form and names everything else', () => {
    expect(asciiFromText('3f1c…77d2 ‖ ok\n')).toBe('3f1c...77d2 || ok\n');
    expect(asciiFromText('https://bücher.example/😀')).toBe(
      'https://b\\u{fc}cher.example/\\u{1f600}',
    );
  });
});
