/** The one refusal of a log that contradicts itself says which log it is. @module */
import { expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { LogHaltedError } from '../../src/logs/log.ts';

it('a halted log is refused with its id and the reason', () => {
  const id = newId<'log'>(0);
  expect(new LogHaltedError(id, 'looked at')).toMatchObject({
    name: 'LogHaltedError',
    logId: id,
    message: 'looked at',
  });
});
