import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { type JudgedEndpoint, judgeEndpoint, judgePair } from '../../src/http/endpoint-body.ts';
import type { NewEndpointBody } from '../../src/http/schemas/endpoint.ts';
import { makeCertificate } from '../delivery/support/certificate.ts';

const NOW_MS = Date.parse('2026-01-15T00:00:00Z');
const URL = 'https://example.com/webhook';

function judge(change: Partial<NewEndpointBody>): JudgedEndpoint {
  return judgeEndpoint({ url: URL, ...change }, {}, NOW_MS);
}

/** The places of the faults, once it is seen that no secret is among the words. */
function pathsOf(change: Partial<NewEndpointBody>): string[] {
  try {
    judge(change);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { kind, details } = error;
    expect(kind).toBe('invalid_request');
    expect(JSON.stringify([error.message, details])).not.toContain('canary');
    return details.map(({ path }) => path);
  }
}

describe('credentials in the URL', () => {
  it('leave it, and become a header that is kept as a secret', () => {
    const { url, secrets } = judge({
      url: 'https://user:canary@example.com/a#b',
      custom_headers: { 'X-Own': 'a' },
    });
    expect(url).toBe('https://example.com/a');
    expect(secrets.customHeaders).toEqual({
      'x-own': 'a',
      authorization: `Basic ${Buffer.from('user:canary').toString('base64')}`,
    });
  });

  it.each([
    'https://user:canary@example.com:25/',
    'https://user:canary@10.0.0.1/',
    'https://user:canary@0x7f.1/',
    'https://user:canary@localhost/',
    'https://us%3Aer:canary@example.com/',
    'http://user:canary@example.com/',
    'https://user:canary@example.com\\@internal/',
  ])('excuse nothing else that is wrong with %s', (url) => {
    expect(pathsOf({ url })).toEqual(['/url']);
  });

  it('do not go with a header that says others', () => {
    const headers = { custom_headers: { AUTHORIZATION: 'Bearer canary' } };
    expect(pathsOf({ url: 'https://user:canary@example.com/', ...headers })).toEqual(['/url']);
    expect(pathsOf(headers)).toEqual([]);
  });
});

it('all that is wrong is said at once, at its place, and no secret is repeated', () => {
  const { cert } = makeCertificate([]);
  expect(
    pathsOf({
      url: 'https://example.com:25/',
      signature: { scheme: 'standard', secrets: ['canary'] },
      signing_secrets: { v1: 'canary', v1a: 'canary' },
      custom_headers: { Host: 'canary', 'a/b~c': 'canary', fine: 'canary\n' },
      client_certificate: { certificate: cert, private_key: 'canary' },
      kept_headers: ['Authorization'],
    }),
  ).toEqual([
    '/url',
    '/signature/secrets/0',
    '/signing_secrets/v1',
    '/signing_secrets/v1a',
    '/custom_headers/Host',
    '/custom_headers/a~1b~0c',
    '/custom_headers/fine',
    '/client_certificate/private_key',
    '/kept_headers',
  ]);
});

it('too many custom headers are a fault of all of them', () => {
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`x-${i}`, 'canary']));
  expect(pathsOf({ custom_headers: many })).toEqual(['/custom_headers']);
});

it('a whole endpoint is taken as it is meant', () => {
  const { cert, key } = makeCertificate([]);
  const signing = { v1: `whsec_${Buffer.alloc(24).toString('base64')}` };
  const judged = judge({
    signature: { scheme: 'github', secrets: ['a'] },
    signing_secrets: signing,
    client_certificate: { certificate: cert, private_key: key },
    kept_headers: ['X-A', 'x-a'],
  });
  expect(judged).toMatchObject({
    url: URL,
    keptHeaders: ['x-a'],
    secrets: {
      signature: { choice: { scheme: 'github' }, secrets: ['a'] },
      pair: { v1: signing.v1, v1a: expect.stringMatching(/^whsk_/) },
      customHeaders: {},
      client: { identity: { certificate: cert, privateKey: key } },
    },
  });
});

it('a pair for a rotation is judged alike', () => {
  expect(judgePair(undefined).v1).toMatch(/^whsec_/);
  expect(() => judgePair({ v1: 'canary' })).toThrow(
    expect.objectContaining({
      details: [expect.objectContaining({ path: '/signing_secrets/v1' })],
    }),
  );
});
