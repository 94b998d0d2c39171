import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import {
  EndpointListQuery,
  encodeEndpointJson,
  NewEndpointBody,
} from '../../../src/http/schemas/endpoint.ts';

const URL = 'https://example.com/';

describe('a new endpoint', () => {
  it.each([
    ['all members', { url: URL, description: 'd', max_attempts: 1 }],
    ['the URL alone', { url: URL }],
    [
      '500 characters outside the plane of the first 65,536',
      { url: URL, description: '𝄞'.repeat(500) },
    ],
    ['a description of several lines', { url: URL, description: 'a\nb\t"c"' }],
  ])('may have %s', (_what, body) => {
    expect(Value.Check(NewEndpointBody, body)).toBe(true);
  });

  it.each([
    ['another member', { url: URL, secret: 'x' }],
    ['half of a surrogate pair at the end', { url: URL, description: '\ud834' }],
    ['half of a surrogate pair at the start', { url: URL, description: '\udd1ex' }],
    ['U+0000', { url: URL, description: '\u0000' }],
  ])('may not have %s', (_what, body) => {
    expect(Value.Check(NewEndpointBody, body)).toBe(false);
  });
});

it.each([
  ['1', true],
  ['99', true],
  ['100', true],
  ['0', false],
  ['101', false],
  ['1\n', false],
  ['', false],
])('a limit of %j: %s', (limit, expected) => {
  expect(Value.Check(EndpointListQuery, { limit })).toBe(expected);
});

it('shows an endpoint without its tenant', () => {
  expect(
    encodeEndpointJson({
      id: 'e' as never,
      tenantId: 't' as never,
      url: URL,
      description: 'd',
      maxAttempts: 3,
      signature: null,
      createdAtMs: 0,
      updatedAtMs: 1,
    }),
  ).toEqual({
    id: 'e',
    url: URL,
    description: 'd',
    max_attempts: 3,
    signature: null,
    created_at: '1970-01-01T00:00:00.000Z',
    updated_at: '1970-01-01T00:00:00.001Z',
  });
});
