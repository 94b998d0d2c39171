/** Whatever bytes a calendar sends, they are judged, never thrown over; and what is taken makes a proof that reads back. */
import { attestedMessages, parseOtsProof, parseOtsTimestamp } from '@kapsel/verification';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitcoinAttestation,
  encodeNode,
  follow,
  type OtsStep,
  pendingAttestation,
} from '../../../test/support/ots-writer.ts';
import {
  judgeStamp,
  postedDigest,
  proofOf,
  refusalOfPath,
  saysAllOf,
} from '../../src/anchors/answers.ts';

const ANCHOR = { note: Buffer.from('log.example\n1\nAA==\n'), nonce: new Uint8Array(16).fill(3) };
const DIGEST = Buffer.from(postedDigest(ANCHOR));
const CALENDAR = { url: 'https://a.example', uris: ['https://a.example', 'https://b.example'] };

const argument = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const step: fc.Arbitrary<OtsStep> = fc.oneof(
  fc.tuple(fc.constantFrom('append' as const, 'prepend' as const), argument),
  fc.constant(['sha256'] as const),
);
const steps = fc.array(step, { minLength: 1, maxLength: 30 });

const stampOf = (way: readonly OtsStep[], uri = CALENDAR.url): Buffer =>
  encodeNode({ ways: [{ steps: way, end: { attestations: [pendingAttestation(uri)] } }] });
const pathOf = (way: readonly OtsStep[], height = 7): Buffer =>
  encodeNode({ ways: [{ steps: way, end: { attestations: [bitcoinAttestation(height)] } }] });

describe('a stamp', () => {
  it('of a calendar is taken, with the message that its path will be asked for', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(...CALENDAR.uris), (way, uri) => {
        const judged = judgeStamp(ANCHOR, CALENDAR, stampOf(way, uri));
        if (judged.kind !== 'usable') throw new Error(judged.reason);
        expect(judged.question.origin).toBe(uri);
        expect(Buffer.from(judged.question.commitment)).toEqual(follow(DIGEST, way));
      }),
    );
  });

  it('is judged, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(judgeStamp(ANCHOR, CALENDAR, bytes).kind).toMatch(/^(usable|refused)$/);
      }),
    );
    fc.assert(
      fc.property(steps, fc.nat(), fc.integer({ min: 1, max: 255 }), (way, at, flip) => {
        const bytes = stampOf(way);
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
        expect(judgeStamp(ANCHOR, CALENDAR, bytes).kind).toMatch(/^(usable|refused)$/);
      }),
    );
  });

  it('that was cut is refused, at every byte', () => {
    const whole = stampOf([['append', Buffer.alloc(16, 1)], ['sha256']]);
    for (let length = 0; length < whole.length; length += 1) {
      expect(judgeStamp(ANCHOR, CALENDAR, whole.subarray(0, length))).toEqual({
        kind: 'refused',
        reason: 'malformed',
      });
    }
  });

  it.each([
    ['no-calendar', stampOf([['sha256']], 'https://elsewhere.example')],
    ['no-calendar', stampOf([['sha256']], 'https://a.example/path')],
    ['early-block', pathOf([['sha256']])],
    [
      'early-block',
      encodeNode({ attestations: [bitcoinAttestation(1), pendingAttestation(CALENDAR.url)] }),
    ],
    // 254 operations pass by themselves; behind the nonce they are too many.
    ['too-deep', stampOf(Array.from({ length: 254 }, () => ['sha256'] as const))],
  ])('is refused as %s', (reason, bytes) => {
    expect(judgeStamp(ANCHOR, CALENDAR, bytes)).toEqual({ kind: 'refused', reason });
  });
});

describe('a path', () => {
  const stampAnswer = stampOf([['append', Buffer.alloc(16, 1)], ['sha256']]);
  const judged = judgeStamp(ANCHOR, CALENDAR, stampAnswer);
  const question = judged.kind === 'usable' ? judged.question : null;
  const part = { stampAnswer, question, upgradeAnswer: null };

  it('into a block makes a proof that says the promise too, and ends where the path ends', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (way, height) => {
        const upgradeAnswer = pathOf(way, height);
        expect(refusalOfPath(ANCHOR, part, upgradeAnswer)).toBeNull();
        const before = proofOf(ANCHOR, [part]);
        const ots = proofOf(ANCHOR, [{ ...part, upgradeAnswer }]);
        if (ots === null) throw new Error('no proof');
        expect(saysAllOf(ots, before)).toBe(true);
        expect(saysAllOf(before, ots)).toBe(false);
        const said = attestedMessages(parseOtsProof(ots).timestamp);
        const end = said.find(({ attestation }) => attestation.kind === 'bitcoin');
        expect(end?.attestation).toEqual({ kind: 'bitcoin', height });
        const commitment = Buffer.from(question?.commitment ?? []);
        expect(Buffer.from(end?.message ?? [])).toEqual(follow(commitment, way));
      }),
    );
  });

  it('is judged, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reason = refusalOfPath(ANCHOR, part, bytes);
        if (reason !== null) return;
        const commitment = question?.commitment ?? new Uint8Array();
        expect(() => parseOtsTimestamp(bytes, commitment)).not.toThrow();
      }),
    );
  });

  const blocks = (count: number): Buffer =>
    encodeNode({ attestations: Array.from({ length: count }, (_, i) => bitcoinAttestation(i)) });
  it.each([
    ['no-block', stampOf([['sha256']])],
    ['too-many', blocks(9)],
    ['too-deep', pathOf(Array.from({ length: 253 }, () => ['sha256'] as const))],
    ['malformed', pathOf([['sha256']]).subarray(0, -1)],
  ])('is refused as %s', (reason, bytes) => {
    expect(refusalOfPath(ANCHOR, part, bytes)).toBe(reason);
  });

  it('of two calendars gives one proof, in whichever order they came', () => {
    fc.assert(
      fc.property(steps, steps, (one, other) => {
        const parts = [one, other].map((way) => {
          const stamp = stampOf(way);
          const stamped = judgeStamp(ANCHOR, CALENDAR, stamp);
          const asked = stamped.kind === 'usable' ? stamped.question : null;
          return { stampAnswer: stamp, question: asked, upgradeAnswer: pathOf([['sha256']]) };
        });
        expect(proofOf(ANCHOR, [...parts].reverse())).toEqual(proofOf(ANCHOR, parts));
      }),
    );
  });
});
