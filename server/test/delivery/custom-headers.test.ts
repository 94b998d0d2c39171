import { describe, expect, it } from 'vitest';
import { faultsOfCustomHeaders, signedDeliveryHeaders } from '../../src/delivery/custom-headers.ts';
import type { HeaderFacts } from '../../src/delivery/request-headers.ts';

const FACTS: HeaderFacts = {
  eventId: 'event',
  deliveryAttemptId: 'attempt',
  attemptNumber: 2,
  endpointId: 'endpoint',
  logOrigin: 'log.example/a',
  sentAtMs: 1_700_000_000_999,
  contentType: 'application/json',
  headers: { 'x-github-event': 'push', 'stripe-signature': 't=1' },
};

const NONE = { facts: FACTS, custom: {}, signature: null, traceParent: null };

describe('custom headers', () => {
  it('may be the tenant’s own, credentials for its own destination too', () => {
    const headers = { 'X-Own': 'a b', authorization: 'Bearer abc', Cookie: 'a=b', accept: '*/*' };
    expect(faultsOfCustomHeaders(headers)).toEqual([]);
  });

  it.each([
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Content-Digest',
    'Content-Type',
    'User-Agent',
    'Webhook-Id',
    'webhook-signature',
    'Kapsel-Attempt',
    'X-Kapsel-Event-Id',
    'Signature',
    'Signature-Input',
    'a b',
    'a:',
    '',
    'é',
  ])('may not be %j', (name) => {
    expect(faultsOfCustomHeaders({ [name]: 'a' })).toEqual([{ name, message: expect.any(String) }]);
    const sent = signedDeliveryHeaders({ ...NONE, custom: { [name]: 'canary' } });
    expect(Object.values(sent)).not.toContain('canary');
  });

  it.each(['a\r\nb: c', 'a\u0000', 'a\u007f', '€'])('may not say %j', (value) => {
    for (const name of ['x-own', 'authorization']) {
      const [fault] = faultsOfCustomHeaders({ [name]: value });
      expect(fault?.message).not.toContain(value);
      expect(fault?.name).toBe(name);
    }
  });

  it('have bounds, and no name twice', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'a']));
    expect(faultsOfCustomHeaders(many(20))).toEqual([]);
    expect(faultsOfCustomHeaders(many(21))).toHaveLength(1);
    expect(faultsOfCustomHeaders({ 'x-a': 'a'.repeat(8_190) })).toHaveLength(1);
    expect(faultsOfCustomHeaders({ 'X-A': 'a', 'x-a': 'b' })).toHaveLength(1);
  });
});

describe('the headers of a delivery', () => {
  it('are the provider’s, the tenant’s and ours', () => {
    const sent = signedDeliveryHeaders({
      facts: FACTS,
      custom: { 'X-Own': 'a', 'X-GitHub-Event': 'own' },
      signature: 'v1,abc',
      traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    });
    expect(sent).toEqual({
      'x-own': 'a',
      'x-github-event': 'own',
      'stripe-signature': 't=1',
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^Kapsel\//),
      'webhook-id': 'event',
      'webhook-timestamp': '1700000000',
      'webhook-signature': 'v1,abc',
      'kapsel-attempt': 'attempt',
      'X-Kapsel-Event-Id': 'event',
      'X-Kapsel-Delivery-Attempt-Id': 'attempt',
      'X-Kapsel-Attempt-Number': '2',
      'X-Kapsel-Endpoint-Id': 'endpoint',
      'X-Kapsel-Log': 'log.example/a',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    });
  });

  it('have no signature and no trace where there is none', () => {
    const sent = signedDeliveryHeaders({ ...NONE, traceParent: 'nonsense' });
    expect(sent).not.toHaveProperty('webhook-signature');
    expect(sent).not.toHaveProperty('traceparent');
  });

  it('of which none is there in two spellings', () => {
    const custom = { 'WEBHOOK-ID': 'x', 'X-KAPSEL-LOG': 'x', 'x-kapsel-event-id': 'x', 'X-A': 'a' };
    const names = Object.keys(signedDeliveryHeaders({ ...NONE, custom })).map((name) =>
      name.toLowerCase(),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
