/** Signatures of all providers: their published values, and everything that must not pass for one. */
import { createPublicKey, verify as verifyNatively } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PRESETS, type PresetName, presetScheme } from '../../src/endpoints/scheme-presets.ts';
import { parseSignatureScheme, type SchemeJson } from '../../src/endpoints/signature-scheme.ts';
import { createSignatureVerifier, type SignatureVerifier } from '../../src/ingest/signature.ts';
import {
  ed25519Pair,
  githubHeaders,
  rawHeaders,
  shopifyHeaders,
  slackHeaders,
  standardHeaders,
  standardV1aHeaders,
  stripeHeaders,
} from './support/sign.ts';

const NOW_S = 1_700_000_000;
const NOW_MS = NOW_S * 1_000 + 999;
const BODY = Buffer.from('{"id":"evt_1","event_id":"Ev1"}');

function generic(json: SchemeJson, ...secrets: string[]): SignatureVerifier {
  const parsed = parseSignatureScheme(json);
  if (parsed.kind === 'faults') throw new Error(JSON.stringify(parsed.faults));
  return createSignatureVerifier(parsed.scheme, secrets);
}

function preset(name: PresetName, ...secrets: string[]): SignatureVerifier {
  return createSignatureVerifier(presetScheme(name), secrets);
}

function kindOf(
  verifier: SignatureVerifier,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array = BODY,
  nowMs: number = NOW_MS,
): string {
  return verifier.verify(rawHeaders(headers), Buffer.from(body), nowMs).kind;
}

const STANDARD_BODY = '{"test": 2432232314}';
const STANDARD_FACTS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
};
const SLACK_BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

// Values that others have published, or that openssl computes; the last column says who.
const PUBLISHED: readonly (readonly [PresetName, string, string, number, object, string])[] = [
  [
    'github',
    "It's a Secret to Everybody",
    'Hello, World!',
    0,
    {
      'X-Hub-Signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    'GitHub, "Validating webhook deliveries"',
  ],
  [
    'slack',
    '8f742231b10e8888abcd99yyyzzz85a5',
    SLACK_BODY,
    1_531_420_618,
    {
      'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'X-Slack-Request-Timestamp': '1531420618',
    },
    'Slack, "Verifying requests from Slack"',
  ],
  [
    'shopify',
    'test-webhook-secret',
    '{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}',
    0,
    { 'X-Shopify-Hmac-Sha256': 'QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw=' },
    'SQLPage, test of sqlpage.hmac',
  ],
  [
    'stripe',
    'whsec_test_secret',
    '{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","object":"event"}',
    1_700_000_000,
    {
      'Stripe-Signature':
        't=1700000000,v1=0d82a261071768f1ddd21d94f6476ec95b9b2a1f4de9fd55aa93ad34e86c6ca1',
    },
    "printf '%s.%s' 1700000000 <body> | openssl dgst -sha256 -hmac whsec_test_secret",
  ],
  [
    'standard',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    STANDARD_BODY,
    1_614_265_330,
    {
      ...STANDARD_FACTS,
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    'Standard Webhooks, its libraries',
  ],
  [
    'standard-v1a',
    'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
    STANDARD_BODY,
    1_614_265_330,
    {
      ...STANDARD_FACTS,
      'webhook-signature':
        'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    },
    'Standard Webhooks, its specification',
  ],
];

describe('published values', () => {
  it.each(PUBLISHED)('%s', (name, secret, body, seconds, headers) => {
    const verifier = preset(name, secret);
    const given = headers as Record<string, string>;
    expect(kindOf(verifier, given, Buffer.from(body), seconds * 1_000)).toBe('verified');
    expect(kindOf(verifier, given, Buffer.from(`${body} `), seconds * 1_000)).toBe('invalid');
  });
});

const PAIR = ed25519Pair();
const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Provider {
  readonly name: PresetName;
  readonly secret: string;
  readonly otherSecret: string;
  sign(body: Uint8Array, seconds: number): Record<string, string>;
}

const PROVIDERS: readonly Provider[] = [
  { name: 'github', secret: 'a', otherSecret: 'b', sign: (body) => githubHeaders('a', body) },
  { name: 'shopify', secret: 'a', otherSecret: 'b', sign: (body) => shopifyHeaders('a', body) },
  { name: 'stripe', secret: 'a', otherSecret: 'b', sign: (body, s) => stripeHeaders('a', body, s) },
  { name: 'slack', secret: 'a', otherSecret: 'b', sign: (body, s) => slackHeaders('a', body, s) },
  {
    name: 'standard',
    secret: WHSEC,
    otherSecret: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    sign: (body, s) => standardHeaders(WHSEC, body, s),
  },
  {
    name: 'standard-v1a',
    secret: PAIR.secret,
    otherSecret: ed25519Pair().secret,
    sign: (body, s) => standardV1aHeaders(PAIR, body, s),
  },
];

const HOSTILE_BODIES = [
  Buffer.alloc(0),
  Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  Buffer.from('plain text, no JSON'),
  Buffer.from('\u0000'),
];

describe.each(PROVIDERS)('$name', ({ name, secret, otherSecret, sign }) => {
  const headers = sign(BODY, NOW_S);
  const signatureName = PRESETS[name].signature_header;

  it('accepts any bytes that were signed, JSON or not', () => {
    for (const body of HOSTILE_BODIES) {
      expect(kindOf(preset(name, secret), sign(body, NOW_S), body)).toBe('verified');
    }
  });

  it('accepts each of its secrets during a rotation, whichever comes first', () => {
    expect(kindOf(preset(name, secret, otherSecret), headers)).toBe('verified');
    expect(kindOf(preset(name, otherSecret, secret), headers)).toBe('verified');
    expect(kindOf(preset(name, otherSecret), headers)).toBe('invalid');
  });

  it('takes header names in any case', () => {
    const upper = Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toUpperCase(), value]),
    );
    expect(kindOf(preset(name, secret), upper)).toBe('verified');
  });

  it('refuses when any header it reads is missing, empty or there twice', () => {
    for (const [key, value] of Object.entries(headers)) {
      const { [key]: _gone, ...rest } = headers;
      expect(kindOf(preset(name, secret), rest), key).toBe('invalid');
      expect(kindOf(preset(name, secret), { ...rest, [key]: '' }), key).toBe('invalid');
      const twice = [...rawHeaders(headers), key.toLowerCase(), value];
      expect(preset(name, secret).verify(twice, BODY, NOW_MS).kind, key).toBe('invalid');
    }
  });

  it('refuses a signature that is cut, longer or spelt otherwise, and a header that is too long', () => {
    const header = headers[signatureName] ?? '';
    const [good = ''] = /[0-9a-f]{64}|[A-Za-z0-9+/]{43,86}=+/.exec(header) ?? [];
    expect(good).not.toBe('');
    for (const bad of [
      '',
      good.slice(0, -1),
      good.slice(1),
      `${good}0`,
      `${good}=`,
      `${good}\n`,
      ` ${good}`,
      `${good.slice(0, 10)} ${good.slice(10)}`,
      `${good.slice(0, 10)}_${good.slice(11)}`,
      `${good.slice(0, -1)}\u0100`,
      good.toUpperCase() === good ? good.toLowerCase() : `${good.slice(0, -4)}!!!!`,
      `${good}${'0'.repeat(9_000)}`,
    ]) {
      const changed = { ...headers, [signatureName]: header.replace(good, bad) };
      expect([bad, kindOf(preset(name, secret), changed)]).toEqual([bad, 'invalid']);
    }
  });

  it('says whether a signature is there at all', () => {
    expect(preset(name, secret).hasSignature(rawHeaders(headers))).toBe(true);
    expect(preset(name, secret).hasSignature(['x', 'y'])).toBe(false);
    expect(preset(name, secret).headerNames).toContain(signatureName.toLowerCase());
  });

  const signsTime = PRESETS[name].tolerance_s !== undefined;
  it(`${signsTime ? 'judges' : 'has no'} time`, () => {
    for (const [ageS, expected] of [
      [300, 'verified'],
      [-300, 'verified'],
      [301, 'out_of_tolerance'],
      [-301, 'out_of_tolerance'],
      [1e9, 'out_of_tolerance'],
    ] as const) {
      const verdict = kindOf(preset(name, secret), sign(BODY, NOW_S - ageS));
      expect([ageS, verdict]).toEqual([ageS, signsTime ? expected : 'verified']);
    }
    // A forgery never hears about clocks.
    const forged = kindOf(preset(name, otherSecret), sign(BODY, NOW_S - 1_000));
    expect(forged).toBe('invalid');
  });
});

describe('times', () => {
  it.each(['+1700000000', '1700000000.0', '0x6553f100', '1.7e9', ' 1700000000', '1700000000000'])(
    'as %j are refused, though signed',
    (text) => {
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': text,
      };
      const signed = Buffer.from(`msg_1.${text}.${BODY}`);
      const key = Buffer.alloc(32, 7);
      const whole = generic(
        { ...PRESETS.shopify, alg: 'hmac-sha256', key: { kind: 'hex' } },
        key.toString('hex'),
      );
      // The signature itself is right: only the time's form is wrong.
      const signature = shopifyHeaders(key as unknown as string, signed);
      expect(kindOf(whole, signature, signed)).toBe('verified');
      const value = `v1,${signature['X-Shopify-Hmac-Sha256']}`;
      expect(kindOf(preset('standard', WHSEC), { ...headers, 'webhook-signature': value })).toBe(
        'invalid',
      );
    },
  );

  it('of twelve digits are read, and are far away', () => {
    expect(kindOf(preset('slack', 'a'), slackHeaders('a', BODY, 999_999_999_999))).toBe(
      'out_of_tolerance',
    );
  });

  it('may be RFC 3339 where a scheme says so', () => {
    const scheme: SchemeJson = {
      ...PRESETS.slack,
      signed: '{timestamp}.{body}',
      timestamp_format: 'rfc3339',
    };
    const verifier = generic(scheme, 'a');
    const sign = (time: string) => {
      const text = Buffer.from(`${time}.${BODY}`);
      const hex = githubHeaders('a', text)['X-Hub-Signature-256']?.slice('sha256='.length);
      return { 'X-Slack-Signature': `v0=${hex}`, 'X-Slack-Request-Timestamp': time };
    };
    expect(kindOf(verifier, sign('2023-11-14T22:13:20Z'))).toBe('verified');
    expect(kindOf(verifier, sign('2023-11-14T22:18:20.999Z'))).toBe('verified');
    expect(kindOf(verifier, sign('2023-11-14T23:13:20+01:00'))).toBe('verified');
    expect(kindOf(verifier, sign('2023-11-14T22:18:21Z'))).toBe('out_of_tolerance');
    for (const text of ['2023-11-14', '1700000000', 'Tue, 14 Nov 2023 22:13:20 GMT', '']) {
      expect(kindOf(verifier, sign(text)), text).toBe('invalid');
    }
    expect(kindOf(verifier, sign('2023-02-30T99:00:00Z'))).toBe('invalid');
  });
});

describe('lists', () => {
  const stripe = stripeHeaders('a', BODY, NOW_S)['Stripe-Signature'] ?? '';
  const good = /v1=([0-9a-f]{64})/.exec(stripe)?.[1] ?? '';

  it('accept one good entry among others, wherever it stands', () => {
    const wrong = '0'.repeat(64);
    for (const header of [
      `t=${NOW_S},v1=${wrong},v1=${good}`,
      `v1=${good},v1=${wrong},t=${NOW_S}`,
      `t=${NOW_S},v2=x,broken,=,v1=${good},v1=short`,
      `t=${NOW_S},v1=${good}${',v9=x'.repeat(14)}`,
    ]) {
      expect(kindOf(preset('stripe', 'a'), { 'Stripe-Signature': header }), header).toBe(
        'verified',
      );
    }
  });

  it('never accept a version that was not asked for', () => {
    for (const header of [
      `t=${NOW_S},v0=${good}`,
      `t=${NOW_S},V1=${good}`,
      `t=${NOW_S},v1 =${good}`,
    ])
      expect(kindOf(preset('stripe', 'a'), { 'Stripe-Signature': header })).toBe('invalid');
    const standard = standardHeaders(WHSEC, BODY, NOW_S);
    const value = (standard['webhook-signature'] ?? '').replace('v1,', 'v1a,');
    expect(kindOf(preset('standard', WHSEC), { ...standard, 'webhook-signature': value })).toBe(
      'invalid',
    );
  });

  it('with two times, or 17 entries, are refused', () => {
    const header = `t=${NOW_S},t=${NOW_S},v1=${good}`;
    expect(kindOf(preset('stripe', 'a'), { 'Stripe-Signature': header })).toBe('invalid');
    const many = `t=${NOW_S},v1=${good}${',v9=x'.repeat(15)}`;
    expect(kindOf(preset('stripe', 'a'), { 'Stripe-Signature': many })).toBe('invalid');
  });

  it('with v1 and v1a in one header serve both kinds of key', () => {
    const both = {
      ...standardHeaders(WHSEC, BODY, NOW_S),
      'webhook-signature': `${standardHeaders(WHSEC, BODY, NOW_S)['webhook-signature']} ${standardV1aHeaders(PAIR, BODY, NOW_S)['webhook-signature']}`,
    };
    expect(kindOf(preset('standard', WHSEC), both)).toBe('verified');
    expect(kindOf(preset('standard-v1a', PAIR.secret), both)).toBe('verified');
  });

  it('with more than four Ed25519 signatures are refused: each costs', () => {
    const headers = standardV1aHeaders(PAIR, BODY, NOW_S);
    const value = headers['webhook-signature'] ?? '';
    const times = (count: number) => ({
      ...headers,
      'webhook-signature': Array.from({ length: count }, () => value).join(' '),
    });
    expect(kindOf(preset('standard-v1a', PAIR.secret), times(4))).toBe('verified');
    expect(kindOf(preset('standard-v1a', PAIR.secret), times(5))).toBe('invalid');
  });
});

it('our own Ed25519 verifier has the last word: what OpenSSL accepts is not enough', () => {
  // R is the neutral point, S = k·a for the key of the seed 09…09: the equation holds, and nobody signs like that.
  const secret = 'whpk_/RckOFqgx1tk+3jNYC+h2ZH96/drE8WO1wLqyDXp9hg=';
  const signature =
    'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADeJlZ+0NtCtaTPFiBQv/Uw6OHQ6pHw509/dP52sQa5AQ==';
  const x = Buffer.from(secret.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const body = Buffer.from('{}');
  const message = Buffer.from(`msg_1.${NOW_S}.{}`);
  expect(verifyNatively(null, message, key, Buffer.from(signature, 'base64'))).toBe(true);
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': `${NOW_S}`,
    'webhook-signature': `v1a,${signature}`,
  };
  expect(kindOf(preset('standard-v1a', secret), headers, body)).toBe('invalid');
});

it('an id that could take a part of the body for itself is refused', () => {
  // Signed: id "msg_1", body "1700000000.x". The same bytes read as id "msg_1.1700000000", body "x".
  const body = Buffer.from(`${NOW_S}.x`);
  const headers = standardHeaders(WHSEC, body, NOW_S);
  expect(kindOf(preset('standard', WHSEC), headers, body)).toBe('verified');
  const moved = { ...headers, 'webhook-id': `msg_1.${NOW_S}` };
  expect(kindOf(preset('standard', WHSEC), moved, Buffer.from('x'))).toBe('invalid');
});

describe('other algorithms', () => {
  // printf body | openssl dgst -sha1 -hmac key; the same with -sha512 -binary | base64
  it.each<[string, SchemeJson, string]>([
    [
      'HMAC-SHA-1, when asked for',
      { ...PRESETS.github, alg: 'hmac-sha1', extract: { kind: 'bare' } },
      '70bbf6819d1037aa94ca7e7f537cbea25fe49283',
    ],
    [
      'HMAC-SHA-512',
      { ...PRESETS.github, alg: 'hmac-sha512', encoding: 'base64', extract: { kind: 'bare' } },
      'tx6CtC7OJEGCquAPXEGNhLWwrIRIdHZeZY6RsmJhsy3znp/L9EQk0OO1O6sZLnikk2Ik7JQM+VMWS3CqzdTIRQ==',
    ],
  ])('%s', (_what, scheme, signature) => {
    const verifier = generic(scheme, 'key');
    const headers = { 'X-Hub-Signature-256': signature };
    expect(kindOf(verifier, headers, Buffer.from('body'))).toBe('verified');
    expect(kindOf(verifier, headers, Buffer.from('bodY'))).toBe('invalid');
  });

  it('hex counts in either case, not in both at once', () => {
    const verifier = generic(
      { ...PRESETS.github, alg: 'hmac-sha1', extract: { kind: 'bare' } },
      'key',
    );
    const of = (text: string) =>
      kindOf(verifier, { 'X-Hub-Signature-256': text }, Buffer.from('body'));
    expect(of('70BBF6819D1037AA94CA7E7F537CBEA25FE49283')).toBe('verified');
    expect(of('70BBf6819d1037aa94ca7e7f537cbea25fe49283')).toBe('invalid');
  });
});

it('two event keys are refused', () => {
  const headers = rawHeaders({ ...githubHeaders('a', BODY), 'X-GitHub-Delivery': 'd-1' });
  const verdict = preset('github', 'a').verify([...headers, 'x-github-delivery', 'd-2'], BODY, 0);
  expect(verdict.kind).toBe('invalid');
});

it('the event key is read from where the scheme says, and only of a verified body', () => {
  const keyOf = (name: PresetName, secret: string, headers: Record<string, string>) =>
    preset(name, secret).verify(rawHeaders(headers), BODY, NOW_MS);
  expect(keyOf('stripe', 'a', stripeHeaders('a', BODY, NOW_S))).toEqual({
    kind: 'verified',
    eventKey: 'evt_1',
  });
  expect(keyOf('slack', 'a', slackHeaders('a', BODY, NOW_S))).toMatchObject({ eventKey: 'Ev1' });
  const github = { ...githubHeaders('a', BODY), 'X-GitHub-Delivery': 'd-1' };
  expect(keyOf('github', 'a', github)).toMatchObject({ eventKey: 'd-1' });
  expect(keyOf('github', 'a', githubHeaders('a', BODY))).toMatchObject({ eventKey: null });
  expect(keyOf('standard', WHSEC, standardHeaders(WHSEC, BODY, NOW_S, 'msg_9'))).toMatchObject({
    eventKey: 'msg_9',
  });
  expect(keyOf('stripe', 'b', stripeHeaders('a', BODY, NOW_S))).toEqual({ kind: 'invalid' });
});

it('no secret, or more than four, make no verifier', () => {
  expect(() => preset('github')).toThrow(RangeError);
  expect(() => preset('github', 'a', 'b', 'c', 'd', 'e')).toThrow(RangeError);
});
