/** What may name a log. @module */
import { describe, expect, it } from 'vitest';
import { isOrigin } from '../src/origin.ts';

describe('origins', () => {
  it.each(['log.kapsel.example/t1', 'a', 'x'.repeat(255), 'kapsel.key/v2'])(
    'accepts %j',
    (text) => {
      expect(isOrigin(text)).toBe(true);
    },
  );

  it.each([
    '',
    'x'.repeat(256),
    'a b',
    'a+b',
    'a"b',
    "a'b",
    'a\nb',
    'a\n',
    'a\u0000',
    'a\u007f',
    'ä',
    'kapsel.key/v1',
    'cosignature/v1',
  ])('refuses %j', (text) => {
    expect(isOrigin(text)).toBe(false);
  });
});
