/** Failures carry a kind, a public message and, apart from both, their cause. @module */
import { describe, expect, it } from 'vitest';
import { Failure, notFound } from '../../src/base/failure.ts';

describe('Failure', () => {
  it('keeps the cause out of the public message', () => {
    const cause = new Error('password=hunter2');
    const failure = new Failure('unavailable', 'The database cannot be reached', { cause });
    expect(failure).toBeInstanceOf(Error);
    expect(failure.name).toBe('Failure');
    expect(failure.kind).toBe('unavailable');
    expect(failure.cause).toBe(cause);
    expect(`${failure.message}${failure.stack}`).not.toContain('hunter2');
    expect(failure.details).toEqual([]);
  });

  it('lists the faults of a request', () => {
    const details = [{ path: '/url', message: 'is required' }];
    expect(new Failure('invalid_request', 'Not valid', { details }).details).toEqual(details);
  });
});

describe('notFound', () => {
  it('is the same answer for everything that is not there', () => {
    const [first, second] = [notFound(), notFound()];
    expect(first.kind).toBe('not_found');
    expect({ ...first, message: first.message }).toEqual({ ...second, message: second.message });
  });
});
