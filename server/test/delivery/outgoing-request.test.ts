/** The whole way out: a delivery as its destination gets it, checked with the libraries that destinations use. @module */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryFacts, requestFor } from '../../src/delivery/outgoing-request.ts';
import { presetScheme } from '../../src/endpoints/scheme-presets.ts';
import { makePair, type SigningPair } from '../../src/endpoints/signing-pair.ts';
import { type ActiveKey, parseSigningSecret } from '../../src/endpoints/signing-secret.ts';
import { DEFAULT_TLS } from '../../src/endpoints/tls-settings.ts';
import { createSignatureVerifier } from '../../src/ingest/signature.ts';
import { openClient, post } from './support/client.ts';

const NOW_MS = Date.now();

/** Keeps what it gets, as a destination's own server sees it. */
const received: { headers: Record<string, string>; body: Buffer }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    received.push({
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks),
    });
    response.end();
  });
});
let url: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function keysOf({ v1, v1a }: SigningPair, untilMs: number | null = null): ActiveKey[] {
  return [v1, v1a].map((secret) => ({ signingKey: parseSigningSecret(secret), untilMs }));
}

async function deliver(
  keys: readonly ActiveKey[],
  body: Buffer,
  change: Partial<DeliveryFacts> = {},
  customHeaders: Record<string, string> = {},
) {
  const facts: DeliveryFacts = {
    eventId: '0190c2f2-0000-7000-8000-000000000001',
    deliveryAttemptId: '0190c2f2-0000-7000-8000-000000000002',
    attemptNumber: 3,
    endpointId: '0190c2f2-0000-7000-8000-000000000003',
    endpointUrl: url,
    log: { origin: 'log.example/a' },
    contentType: 'application/json',
    headers: {},
    body,
    ...change,
  };
  const request = await requestFor(facts, { keys, customHeaders, tls: DEFAULT_TLS }, NOW_MS);
  expect(await post(openClient(), url, request)).toMatchObject({ kind: 'delivered' });
  const last = received.at(-1);
  if (last === undefined) throw new Error('nothing arrived');
  return last;
}

const BODIES = [
  '{"a":1}',
  '{"naïve":"𝄞", "x" : [1.0,  2e3]}',
  '{"a":"\\u0000\\ud834\\udd1e"}',
  '[]',
];

describe('what destinations check with npm libraries', () => {
  it.each(BODIES)('is signed as they want it: %s', async (text) => {
    const pair = makePair();
    const { headers, body } = await deliver(keysOf(pair), Buffer.from(text));
    for (const Webhook of [StandardWebhook, SvixWebhook]) {
      const webhook = new Webhook(pair.v1);
      expect(webhook.verify(body.toString(), headers)).toEqual(JSON.parse(text));
      expect(() => new Webhook(makePair().v1).verify(body.toString(), headers)).toThrow();
      expect(() => webhook.verify(`${body.toString()} `, headers)).toThrow();
    }
  });

  it('stays so during a rotation, with the older secret as with the new one', async () => {
    const [young, old] = [makePair(), makePair()];
    const during = await deliver(
      [...keysOf(young), ...keysOf(old, NOW_MS + 1)],
      Buffer.from('{"a":1}'),
    );
    const after = await deliver([...keysOf(young), ...keysOf(old, NOW_MS)], Buffer.from('{"a":1}'));
    for (const Webhook of [StandardWebhook, SvixWebhook]) {
      const check = (secret: string, { headers, body }: typeof during) =>
        new Webhook(secret).verify(body.toString(), headers);
      expect(check(young.v1, during)).toEqual({ a: 1 });
      expect(check(old.v1, during)).toEqual({ a: 1 });
      expect(check(young.v1, after)).toEqual({ a: 1 });
      expect(() => check(old.v1, after)).toThrow();
    }
  });
});

describe('what those libraries sign', () => {
  it.each(BODIES)('is accepted on the way in: %s', (text) => {
    const { v1 } = makePair();
    const [id, at] = ['msg_1', new Date(NOW_MS)];
    for (const Webhook of [StandardWebhook, SvixWebhook]) {
      const signature = new Webhook(v1).sign(id, at, text);
      const headers = [
        ['webhook-id', id],
        ['webhook-timestamp', String(Math.floor(NOW_MS / 1_000))],
        ['webhook-signature', signature],
      ].flat();
      const verdictOf = (secret: string, body: string) =>
        createSignatureVerifier(presetScheme('standard'), [secret]).verify(
          headers,
          Buffer.from(body),
          NOW_MS,
        ).kind;
      expect(verdictOf(v1, text)).toBe('verified');
      expect(verdictOf(makePair().v1, text)).not.toBe('verified');
      expect(verdictOf(v1, `${text} `)).not.toBe('verified');
    }
  });
});

describe('a delivery', () => {
  it('of bytes that are no text is signed over those bytes, with both keys', async () => {
    const pair = makePair();
    const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a, 0x80]);
    const { headers, body } = await deliver(keysOf(pair), bytes, { contentType: 'text/plain' });
    expect(body.equals(bytes)).toBe(true);
    const publicKey = parseSigningSecret(pair.v1a).publicKey ?? '';
    for (const [scheme, secret] of [
      ['standard', pair.v1],
      ['standard-v1a', publicKey],
    ] as const) {
      const verifier = createSignatureVerifier(presetScheme(scheme), [secret]);
      const raw = Object.entries(headers).flat();
      expect(verifier.verify(raw, body, NOW_MS).kind).toBe('verified');
      expect(verifier.verify(raw, Buffer.from(body.toString()), NOW_MS).kind).not.toBe('verified');
    }
  });

  it('carries the headers of the provider, the tenant and Kapsel, and asks for no compression', async () => {
    const { headers } = await deliver(
      [],
      Buffer.from('x'),
      {
        contentType: 'text/csv; charset=latin1',
        headers: { 'x-github-event': 'push', 'webhook-id': 'theirs', 'content-encoding': 'gzip' },
      },
      { authorization: 'Basic abc', 'x-own': 'b' },
    );
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=latin1',
      'content-encoding': 'gzip',
      'x-github-event': 'push',
      authorization: 'Basic abc',
      'x-own': 'b',
      'user-agent': expect.stringMatching(/^Kapsel\/\d/),
      'webhook-id': '0190c2f2-0000-7000-8000-000000000001',
      'webhook-timestamp': String(Math.floor(NOW_MS / 1_000)),
      'kapsel-attempt': '0190c2f2-0000-7000-8000-000000000002',
      'x-kapsel-event-id': '0190c2f2-0000-7000-8000-000000000001',
      'x-kapsel-delivery-attempt-id': '0190c2f2-0000-7000-8000-000000000002',
      'x-kapsel-attempt-number': '3',
      'x-kapsel-endpoint-id': '0190c2f2-0000-7000-8000-000000000003',
      'x-kapsel-log': 'log.example/a',
    });
    expect(headers).not.toHaveProperty('webhook-signature');
    expect(headers).not.toHaveProperty('accept-encoding');
  });
});
