/** Nothing that moves, hides or turns text gets through. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeForDisplay } from '../src/display-escape.ts';

describe('escaping', () => {
  it.each([
    ['a newline', '\n', '\\u000a'],
    ['a carriage return', '\r', '\\u000d'],
    ['escape', '\u001b[2J', '\\u001b[2J'],
    ['DEL', '\u007f', '\\u007f'],
    ['a C1 control', '\u009b', '\\u009b'],
    ['right-to-left override', '\u202e', '\\u202e'],
    ['an isolate', '\u2066', '\\u2066'],
    ['a left-to-right mark', '\u200e', '\\u200e'],
    ['an Arabic letter mark', '\u061c', '\\u061c'],
    ['a zero-width space', '\u200b', '\\u200b'],
    ['a zero-width joiner', '\u200d', '\\u200d'],
    ['a word joiner', '\u2060', '\\u2060'],
    ['a byte order mark', '\ufeff', '\\ufeff'],
    ['a line separator', '\u2028', '\\u2028'],
    ['a soft hyphen', '\u00ad', '\\u00ad'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['a language tag', '\u{e0041}', '\\u{e0041}'],
  ])('writes out %s', (_, text, shown) => {
    expect(escapeForDisplay(text)).toBe(shown);
  });

  it('leaves ordinary text alone', () => {
    for (const text of ['https://example.com/a?b=c', 'Grüße', '日本語', '\u{1f600}', 'a\\b']) {
      expect(escapeForDisplay(text)).toBe(text);
    }
  });

  it('leaves no control or format character in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeForDisplay(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Cs}\u200b-\u200f]/u);
      }),
      { seed: 9, numRuns: 1_000 },
    );
  });
});
