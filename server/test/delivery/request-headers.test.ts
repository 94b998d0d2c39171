/** What is said with a delivery, and what a stored header cannot make it say. @module */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  deliveryHeaders,
  type HeaderFacts,
  isForwardable,
} from '../../src/delivery/request-headers.ts';

const FACTS: HeaderFacts = {
  eventId: '0190a000-0000-7000-8000-000000000001',
  deliveryAttemptId: '0190a000-0000-7000-8000-000000000002',
  attemptNumber: 3,
  endpointId: '0190a000-0000-7000-8000-000000000003',
  logOrigin: 'kapsel.test/log',
  sentAtMs: 1_768_473_045_999,
  contentType: 'application/json; charset=utf-8',
  headers: {},
};
const OURS = {
  'webhook-id': FACTS.eventId,
  'webhook-timestamp': '1768473045',
  'kapsel-attempt': FACTS.deliveryAttemptId,
  'X-Kapsel-Event-Id': FACTS.eventId,
  'X-Kapsel-Delivery-Attempt-Id': FACTS.deliveryAttemptId,
  'X-Kapsel-Attempt-Number': '3',
  'X-Kapsel-Endpoint-Id': FACTS.endpointId,
  'X-Kapsel-Log': 'kapsel.test/log',
};

describe('deliveryHeaders', () => {
  it('says which event, attempt, endpoint and log, under our name and version', async () => {
    const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    expect(deliveryHeaders(FACTS)).toEqual({
      ...OURS,
      'user-agent': `Kapsel/${version}`,
      'content-type': 'application/json; charset=utf-8',
    });
  });

  it('sends no content type when none was received', () => {
    expect(deliveryHeaders({ ...FACTS, contentType: null })).not.toHaveProperty('content-type');
  });

  it('sends the provider headers on, content-encoding too', () => {
    const headers = {
      'X-Hub-Signature-256': 'sha256=00',
      'stripe-signature': 't=1,v1=00',
      'content-encoding': 'gzip',
      'x-latin': 'caf\u00e9',
    };
    expect(deliveryHeaders({ ...FACTS, headers })).toMatchObject({
      ...OURS,
      'x-hub-signature-256': 'sha256=00',
      'stripe-signature': 't=1,v1=00',
      'content-encoding': 'gzip',
      'x-latin': 'caf\u00e9',
    });
  });

  it('lets no stored header take the place of ours, in any case of letters', () => {
    const plain = deliveryHeaders(FACTS);
    const names = [
      ...Object.keys(plain),
      'Webhook-Signature',
      'WEBHOOK-ID',
      'kapsel-anything',
      'X-KAPSEL-Log',
      'Signature',
      'signature-input',
      'signature-agent',
    ];
    const headers = Object.fromEntries(names.map((name) => [name, 'forged']));
    expect(deliveryHeaders({ ...FACTS, headers })).toEqual(plain);
  });

  it('drops a content type that would begin another header', () => {
    const contentType = 'text/plain\r\nx-evil: 1';
    expect(deliveryHeaders({ ...FACTS, contentType })).not.toHaveProperty('content-type');
  });

  it('keeps a header named __proto__ a header', () => {
    const headers = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(Object.entries(deliveryHeaders({ ...FACTS, headers }))).toContainEqual([
      '__proto__',
      'x',
    ]);
  });
});

describe('isForwardable', () => {
  it.each([
    'host',
    'Host',
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'upgrade',
    'expect',
    'content-type',
    'content-digest',
    'user-agent',
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'webhook-id',
    'Webhook-Anything',
    'kapsel-attempt',
    'x-kapsel-log',
    'signature',
    'Signature-Input',
    '',
    'two words',
    'x-evil\r\nx-more',
    'x-evil:',
    'x-é',
  ])('refuses the name %j', (name) => {
    expect(isForwardable(name, 'value')).toBe(false);
  });

  it.each(['a\r\nx-evil: 1', 'a\nb', 'a\rb', 'a\u0000b', 'a\u007fb', 'snow \u2603'])(
    'refuses the value %j',
    (value) => expect(isForwardable('x-provider', value)).toBe(false),
  );

  it.each(['', 'plain', 'with\ttab', 'sha256=ab, v2', 'caf\u00e9'])('takes the value %j', (value) =>
    expect(isForwardable('x-provider', value)).toBe(true),
  );
});
