import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { NoQuery } from '../../../src/http/schemas/no-query.ts';

it('takes no parameter at all', () => {
  expect(Value.Check(NoQuery, {})).toBe(true);
  for (const query of [{ a: '' }, { '': '' }, { constructor: 'x' }, null, '']) {
    expect(Value.Check(NoQuery, query)).toBe(false);
  }
});
