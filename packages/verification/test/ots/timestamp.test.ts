/** Trees of operations: merging and growing add and never lose, in whatever order, and each tree has one form. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtsAttestation } from '../../src/ots/attestation.ts';
import type { OtsOperation } from '../../src/ots/operation.ts';
import { applyOtsOperation } from '../../src/ots/operation.ts';
import {
  attestedMessages,
  encodeOtsTimestamp,
  growOtsTimestamp,
  mergeOtsTimestamps,
  type OtsTimestamp,
  operationsTo,
  otsTimestampThrough,
  parseOtsTimestamp,
} from '../../src/ots/timestamp.ts';
import { hex, utf8 } from '../make-package.ts';
import { expectRefusal } from '../refusal.ts';

const MESSAGE = utf8('message');
const SHA256: OtsOperation = { kind: 'sha256' };
const block = (height: number): OtsAttestation => ({ kind: 'bitcoin', height });
const calendar = (uri: string): OtsAttestation => ({ kind: 'pending', uri });

function end(message: Uint8Array, ...attestations: OtsAttestation[]): OtsTimestamp {
  return { message, attestations, branches: [] };
}

function through(operations: readonly OtsOperation[], ...ends: OtsAttestation[]): OtsTimestamp {
  const last = operations.reduce((message, each) => applyOtsOperation(each, message), MESSAGE);
  return otsTimestampThrough(MESSAGE, operations, end(last, ...ends));
}

/** What a tree says, as texts that can be compared. */
function saysOf(timestamp: OtsTimestamp): string[] {
  return attestedMessages(timestamp).map(({ message, attestation }) =>
    JSON.stringify([hex(message), attestation]),
  );
}

const operation: fc.Arbitrary<OtsOperation> = fc.oneof(
  fc.constantFrom<OtsOperation>(SHA256, { kind: 'sha1' }, { kind: 'reverse' }),
  fc.record({
    kind: fc.constantFrom('append' as const, 'prepend' as const),
    argument: fc.uint8Array({ minLength: 1, maxLength: 3 }),
  }),
);
const attestation: fc.Arbitrary<OtsAttestation> = fc.oneof(
  fc.nat({ max: 400 }).map(block),
  fc.constantFrom('https://a.example', 'https://b.example').map(calendar),
  fc.record({
    kind: fc.constant('unknown' as const),
    tag: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    payload: fc.uint8Array({ maxLength: 3 }),
  }),
);
const path = fc
  .tuple(fc.array(operation, { maxLength: 4 }), attestation)
  .map(([operations, last]) => through(operations, last));
const tree = fc
  .array(path, { minLength: 1, maxLength: 6 })
  .map((paths) => paths.reduce(mergeOtsTimestamps));

describe('a merge', () => {
  it('is commutative, associative and idempotent, and loses nothing', () => {
    fc.assert(
      fc.property(tree, tree, tree, (a, b, c) => {
        const both = mergeOtsTimestamps(a, b);
        expect(both).toEqual(mergeOtsTimestamps(b, a));
        expect(mergeOtsTimestamps(both, c)).toEqual(
          mergeOtsTimestamps(a, mergeOtsTimestamps(b, c)),
        );
        expect(mergeOtsTimestamps(both, both)).toEqual(both);
        expect(saysOf(both)).toEqual(expect.arrayContaining([...saysOf(a), ...saysOf(b)]));
      }),
      { seed: 300, numRuns: 60 },
    );
  });

  it('is written and read back as it was', () => {
    fc.assert(
      fc.property(tree, (timestamp) => {
        const bytes = encodeOtsTimestamp(timestamp);
        expect(parseOtsTimestamp(bytes, MESSAGE)).toEqual(timestamp);
      }),
      { seed: 301, numRuns: 100 },
    );
  });

  it('of trees of two messages is refused', () => {
    expect(() => mergeOtsTimestamps(end(MESSAGE, block(1)), end(utf8('x'), block(1)))).toThrow(
      TypeError,
    );
  });
});

describe('growing', () => {
  const NONCE: OtsOperation = { kind: 'append', argument: Uint8Array.of(7) };
  const commitment = applyOtsOperation(NONCE, MESSAGE);
  const stamped = mergeOtsTimestamps(
    through([NONCE], calendar('https://a.example')),
    through([SHA256], calendar('https://b.example')),
  );
  const answer = otsTimestampThrough(
    commitment,
    [SHA256],
    end(applyOtsOperation(SHA256, commitment), block(7)),
  );

  it('adds an answer where its message is, and keeps all that was', () => {
    const grown = growOtsTimestamp(stamped, answer);
    expect(saysOf(grown)).toEqual(expect.arrayContaining([...saysOf(stamped), ...saysOf(answer)]));
    expect(saysOf(grown).length).toBe(3);
    expect(growOtsTimestamp(grown, answer)).toEqual(grown);
  });

  it('leaves the tree alone where the message is not in it', () => {
    expect(growOtsTimestamp(stamped, end(utf8('elsewhere'), block(7)))).toEqual(stamped);
  });

  it('keeps two calendars that end in one block', () => {
    const other = otsTimestampThrough(
      applyOtsOperation(SHA256, MESSAGE),
      [NONCE],
      end(applyOtsOperation(NONCE, applyOtsOperation(SHA256, MESSAGE)), block(7)),
    );
    const grown = growOtsTimestamp(growOtsTimestamp(stamped, answer), other);
    const blocks = attestedMessages(grown).filter((each) => each.attestation.kind === 'bitcoin');
    expect(blocks.length).toBe(2);
  });
});

describe('a calendar answer', () => {
  it('is used up whole', () => {
    const bytes = encodeOtsTimestamp(end(MESSAGE, calendar('https://a.example')));
    expect(parseOtsTimestamp(bytes, MESSAGE).attestations).toEqual([calendar('https://a.example')]);
    expectRefusal('E_FIELD', () => parseOtsTimestamp(new Uint8Array([...bytes, 0]), MESSAGE));
    expectRefusal('E_FIELD', () => parseOtsTimestamp(new Uint8Array(0), MESSAGE));
  });
});

describe('a way', () => {
  it('leads to the tree that begins where it ends', () => {
    const timestamp = through([SHA256, { kind: 'reverse' }], block(1));
    const [found] = attestedMessages(timestamp);
    expect(found?.operationCount).toBe(2);
    expect(operationsTo(timestamp, found?.attestation as OtsAttestation)).toEqual([
      SHA256,
      { kind: 'reverse' },
    ]);
    expect(operationsTo(timestamp, block(1))).toBeNull();
  });

  it('is refused where the tree begins elsewhere', () => {
    expect(() => otsTimestampThrough(MESSAGE, [SHA256], end(MESSAGE, block(1)))).toThrow(TypeError);
  });
});
