/** The words of broken rules: where a value stands, and what is said where there is none. @module */
import { describe, expect, it } from 'vitest';
import { wordsOfValues } from '../src/rule-words.ts';

describe('the words of a broken rule', () => {
  it('have a place for each value', () => {
    expect(wordsOfValues({ rule: 'hex-length', expected: '64', actual: '63' })).toEqual({
      expected: '64 lower-case hex digits',
      actual: '63 characters',
    });
  });

  it('say by themselves what was found where no value is given', () => {
    expect(wordsOfValues({ rule: 'note-signed' })).toEqual({
      expected: 'a signature by the key',
      actual: 'none',
    });
    expect(wordsOfValues({ rule: 'json-end' })).toEqual({
      expected: 'nothing after the value',
      actual: undefined,
    });
  });

  it('leave a value alone that they have no place for', () => {
    expect(wordsOfValues({ rule: 'json-value', actual: '"}"' }).actual).toBe('"}"');
    expect(wordsOfValues({ rule: 'object', actual: 'an array' }).actual).toBe('an array');
  });

  it('take a value as it is, whatever it holds', () => {
    const words = wordsOfValues({ rule: 'one-of', expected: '$& #' });
    expect(words).toEqual({ expected: '$& #', actual: 'another string' });
    expect(wordsOfValues({ rule: 'max-bytes', expected: '$`', actual: '$1' })).toEqual({
      expected: 'at most $` bytes',
      actual: '$1 bytes',
    });
    expect(wordsOfValues({ rule: 'one-of' }).expected).toBe('');
  });

  it('are the values themselves where no rule is named', () => {
    expect(wordsOfValues({ expected: '8', actual: '9' })).toEqual({ expected: '8', actual: '9' });
    expect(wordsOfValues({})).toEqual({});
  });
});
