/** Leaves of any attempt are read back by the core as they were meant. @module */
import { parseLeaf } from '@kapsel/verification';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeDeliveryLeaf } from '../../src/attestation/leaf.ts';
import { newId } from '../../src/base/ids.ts';

const milliseconds = fc.integer({ min: 0, max: Date.UTC(2100, 0) });

const attempts = fc.record({
  host: fc.domain(),
  tail: fc.string({ unit: 'binary', maxLength: 100 }),
  attemptNumber: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  payloadSize: fc.nat(10_485_760),
  payloadHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  attemptedAtMs: milliseconds,
  completedAtMs: milliseconds,
  status: fc.integer({ min: 100, max: 999 }),
});

it('makes a leaf that the core accepts out of any attempt', () => {
  fc.assert(
    fc.property(attempts, ({ host, tail, completedAtMs, status, ...facts }) => {
      const attempt = {
        ...facts,
        deliveryAttemptId: newId<'delivery_attempt'>(facts.attemptedAtMs),
        eventId: newId<'event'>(facts.attemptedAtMs),
        endpointId: newId<'endpoint'>(facts.attemptedAtMs),
        endpointUrl: `https://${host}/${tail}`,
      };
      const { data } = encodeDeliveryLeaf('log.kapsel.test/a', attempt, {
        outcome: status >= 200 && status <= 299 ? 'delivered' : 'rejected',
        completedAtMs,
        responseStatus: status,
        responseHash: null,
        error: null,
      });
      expect(parseLeaf(data)).toMatchObject({
        deliveryAttemptId: attempt.deliveryAttemptId,
        endpointUrl: attempt.endpointUrl,
        attemptNumber: attempt.attemptNumber,
        payloadSize: attempt.payloadSize,
        payloadHash: Buffer.from(attempt.payloadHash).toString('hex'),
        attemptedAtMs: attempt.attemptedAtMs,
        completedAt: new Date(completedAtMs).toISOString(),
        responseStatus: status,
      });
    }),
    { numRuns: 100 },
  );
});
