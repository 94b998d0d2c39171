/** Leaf texts: byte for byte as the format says, and always one that the core reads back. @module */
import { createHash } from 'node:crypto';
import { hexFromBytes, parseLeaf } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  type AttemptFacts,
  type AttemptResult,
  encodeDeliveryLeaf,
} from '../../src/attestation/leaf.ts';
import type { DeliveryAttemptId, EndpointId, EventId } from '../../src/base/ids.ts';
import { START_MS } from '../support/log-bench.ts';

const ORIGIN = 'log.kapsel.test/a';
const ATTEMPT: AttemptFacts = {
  deliveryAttemptId: '019bc0e2-6d88-7000-8000-000000000001' as DeliveryAttemptId,
  eventId: '019bc0e2-6d88-7000-8000-000000000002' as EventId,
  endpointId: '019bc0e2-6d88-7000-8000-000000000003' as EndpointId,
  endpointUrl: 'https://receiver.test/hook?a=1&b=%22',
  attemptNumber: 3,
  payloadHash: new Uint8Array(32).fill(0xab),
  payloadSize: 10_485_760,
  attemptedAtMs: START_MS,
};
const DELIVERED: AttemptResult = {
  outcome: 'delivered',
  completedAtMs: START_MS + 123,
  responseStatus: 200,
  responseHash: new Uint8Array(32).fill(0xcd),
  error: null,
};

describe('encodeDeliveryLeaf', () => {
  it('writes the members of the format, in their order, without white space', () => {
    const { data } = encodeDeliveryLeaf(ORIGIN, ATTEMPT, DELIVERED);
    expect(data).toBe(
      `{"type":"kapsel.delivery/v1","log":"log.kapsel.test/a",` +
        `"delivery_attempt_id":"019bc0e2-6d88-7000-8000-000000000001",` +
        `"event_id":"019bc0e2-6d88-7000-8000-000000000002",` +
        `"endpoint_id":"019bc0e2-6d88-7000-8000-000000000003",` +
        `"endpoint_url":"https://receiver.test/hook?a=1&b=%22","attempt_number":3,` +
        `"payload_hash":"${'ab'.repeat(32)}","payload_size":10485760,` +
        `"attempted_at":"2026-01-15T10:30:45.000Z","completed_at":"2026-01-15T10:30:45.123Z",` +
        `"outcome":"delivered","response_status":200,"response_hash":"${'cd'.repeat(32)}",` +
        `"error":null,"receipt_hash":null,"commitments":null}`,
    );
  });

  it('hashes 00 and the UTF-8 text', () => {
    const { data, hash } = encodeDeliveryLeaf(
      ORIGIN,
      { ...ATTEMPT, endpointUrl: 'https://receiver.test/ü' },
      DELIVERED,
    );
    const bytes = Buffer.concat([Buffer.of(0), Buffer.from(data, 'utf8')]);
    expect(hexFromBytes(hash)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it.each<[string, AttemptResult]>([
    ['delivered', DELIVERED],
    ['delivered without a body', { ...DELIVERED, responseStatus: 204, responseHash: null }],
    ['rejected', { ...DELIVERED, outcome: 'rejected', responseStatus: 503 }],
    ['rejected by a redirect', { ...DELIVERED, outcome: 'rejected', responseStatus: 302 }],
    [
      'failed',
      {
        outcome: 'failed',
        completedAtMs: START_MS + 15_000,
        responseStatus: null,
        responseHash: null,
        error: 'timeout',
      },
    ],
    [
      'unknown',
      {
        outcome: 'unknown',
        completedAtMs: null,
        responseStatus: null,
        responseHash: null,
        error: 'lease_expired',
      },
    ],
  ])('says what became of it, and the core reads the same: %s', (_what, result) => {
    const leaf = parseLeaf(encodeDeliveryLeaf(ORIGIN, ATTEMPT, result).data);
    expect(leaf).toMatchObject({
      log: ORIGIN,
      outcome: result.outcome,
      responseStatus: result.responseStatus,
      responseHash: result.responseHash === null ? null : hexFromBytes(result.responseHash),
      error: result.error,
      attemptedAtMs: START_MS,
      completedAt:
        result.completedAtMs === null ? null : new Date(result.completedAtMs).toISOString(),
      receiptHash: null,
      commitments: null,
    });
  });

  it.each([
    'https://receiver.test/"},"outcome":"delivered","x":{"',
    'https://receiver.test/\\" \\u0022 \\n',
    'https://receiver.test/\u2028\u2029\u0000\u001f\u007f\u0085',
    'https://receiver.test/\u{1f600}?\u{1d11e}=e\u0301#\u202e',
    'https://xn--bcher-kva.test:8443/%00%ff?q=a@b#c@d',
    'http://[2001:db8::1]:8080/',
    'https://receiver.test/</script><!--',
    `https://receiver.test/${'%F0'.repeat(600)}`,
  ])('carries the URL %j unharmed', (endpointUrl) => {
    const { data } = encodeDeliveryLeaf(ORIGIN, { ...ATTEMPT, endpointUrl }, DELIVERED);
    expect(parseLeaf(data).endpointUrl).toBe(endpointUrl);
    expect(Object.keys(JSON.parse(data))).toHaveLength(17);
  });

  it('takes exactly 65,535 bytes and refuses one more', () => {
    const encode = (length: number) =>
      encodeDeliveryLeaf(
        ORIGIN,
        { ...ATTEMPT, endpointUrl: `https://receiver.test/${'x'.repeat(length)}` },
        DELIVERED,
      );
    const room = 65_535 - Buffer.byteLength(encode(0).data);
    expect(Buffer.byteLength(encode(room).data)).toBe(65_535);
    parseLeaf(encode(room).data);
    expect(() => encode(room + 1)).toThrow(RangeError);
  });
});
