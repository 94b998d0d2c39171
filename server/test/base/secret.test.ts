/** A secret shows itself to who asks for it by name, and to nobody else. @module */
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';

it('is revealed by name alone', () => {
  const secret = new Secret('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    Object.entries(secret).join(),
    new Error('x', { cause: secret }).cause?.toString(),
  ];
  for (const text of shown) expect(text).not.toContain('hunter2');
});
