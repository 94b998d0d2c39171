import { expect, it } from 'vitest';
import { readRequestKey } from '../../src/ingest/request-key.ts';

const sender = (text: string) => ({ text, from: 'sender' });

it.each([
  ['the sender’s own', ['Idempotency-Key', 'a'], 'p', sender('a')],
  ['the older name', ['X-Idempotency-Key', 'a'], 'p', sender('a')],
  ['both, when they agree', ['idempotency-key', 'a', 'x-idempotency-key', 'a'], null, sender('a')],
  ['a structured field, taken as it is', ['Idempotency-Key', '"a"'], null, sender('"a"')],
  ['the provider’s', ['x', 'y'], 'p', { text: 'p', from: 'provider' }],
  ['none', [], null, null],
] as const)('is %s', (_what, headers, eventKey, expected) => {
  expect(readRequestKey(headers, eventKey)).toEqual(expected);
});

it.each([
  ['empty', ['Idempotency-Key', '']],
  ['with a space', ['Idempotency-Key', 'a b']],
  ['too long', ['Idempotency-Key', 'a'.repeat(256)]],
  ['not ASCII', ['Idempotency-Key', 'é']],
  ['there twice', ['Idempotency-Key', 'a', 'idempotency-key', 'a']],
  ['said in two ways', ['Idempotency-Key', 'a', 'X-Idempotency-Key', 'b']],
])('%s is refused, not passed over', (_what, headers) => {
  expect(() => readRequestKey(headers, 'p')).toThrow(
    expect.objectContaining({ kind: 'invalid_request' }),
  );
});
