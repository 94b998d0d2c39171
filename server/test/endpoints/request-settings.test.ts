import { expect, it } from 'vitest';
import { parseKeptHeaders } from '../../src/endpoints/request-settings.ts';

it('kept headers are names in lower case, each once', () => {
  expect(parseKeptHeaders(['X-A', 'x-a', 'Traceparent'])).toEqual(['x-a', 'traceparent']);
  expect(parseKeptHeaders([])).toEqual([]);
  const many = Array.from({ length: 33 }, (_, i) => `x-${i}`);
  expect(parseKeptHeaders(many)).toBeNull();
  expect(parseKeptHeaders(many.slice(1))).toHaveLength(32);
});

it.each([
  'Authorization',
  'cookie',
  'Proxy-Authorization',
  'Set-Cookie',
  'a b',
  '',
  'é',
  'a:',
  'x'.repeat(101),
])('%j is never kept', (name) => expect(parseKeptHeaders(['x-a', name])).toBeNull());
