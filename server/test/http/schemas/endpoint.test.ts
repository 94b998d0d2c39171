import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DELIVERY_SETTINGS, NEW_STATE } from '../../../src/endpoints/delivery-settings.ts';
import { DEFAULT_REQUEST_SETTINGS } from '../../../src/endpoints/request-settings.ts';
import { encodeEndpointJson, NewEndpointBody } from '../../../src/http/schemas/endpoint.ts';
import { PageQuery } from '../../../src/http/schemas/values.ts';

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
  expect(Value.Check(PageQuery, { limit })).toBe(expected);
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
      request: DEFAULT_REQUEST_SETTINGS,
      delivery: DEFAULT_DELIVERY_SETTINGS,
      state: NEW_STATE,
      version: 1,
      createdAtMs: 0,
      updatedAtMs: 1,
    }),
  ).toEqual({
    id: 'e',
    url: URL,
    description: 'd',
    max_attempts: 3,
    signature: null,
    max_delay_s: 512,
    retry_statuses: [],
    disable_after_h: 120,
    max_per_s: null,
    disabled: false,
    disabled_at: null,
    disabled_reason: null,
    failing_since: null,
    circuit: 'closed',
    circuit_probe_at: null,
    signature_versions: ['v1', 'v1a'],
    signing_keys: [],
    custom_header_names: [],
    client_certificate: null,
    min_tls_version: '1.2',
    kept_headers: [],
    created_at: '1970-01-01T00:00:00.000Z',
    updated_at: '1970-01-01T00:00:00.001Z',
  });
});
