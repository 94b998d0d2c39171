/** The words of errors: own ones first, then those of what caused them. @module */
import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../src/base/error-words.ts';

describe('the words of an error', () => {
  it('are its own and those of its causes, without empty ones', () => {
    const error = new Error('outer', { cause: new Error('', { cause: new TypeError('inner') }) });
    expect(messagesOf(error)).toEqual(['outer', 'inner']);
  });

  it('of several errors at once are those of each, where the whole has none', () => {
    const several = new AggregateError([new Error('one'), new Error('two')]);
    expect(messagesOf(several)).toEqual(['one, two']);
  });

  it('are none for what is no error', () => {
    expect(messagesOf('text')).toEqual([]);
    expect(messagesOf(new Error('x', { cause: 'secret text' }))).toEqual(['x']);
  });
});
