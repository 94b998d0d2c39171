/** A usage error carries a code and hints. @module */
import { expect, it } from 'vitest';
import { UsageError } from '../src/usage-error.ts';

it('is an error with a code, and without hints unless given', () => {
  const error = new UsageError('E_NO_KEY', 'no key');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'UsageError',
    code: 'E_NO_KEY',
    message: 'no key',
    hints: [],
  });
  expect(new UsageError('E_USAGE', 'x', ['y']).hints).toEqual(['y']);
});
