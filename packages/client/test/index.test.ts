import { expect, test } from 'vitest';
import * as client from '../src/index.ts';

test('the public list is this and no more', () => {
  expect(Object.keys(client).sort()).toEqual(['ApiError', 'createClient']);
});
