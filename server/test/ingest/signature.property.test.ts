/** Signatures over all bodies, secrets and headers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES, presetScheme } from '../../src/endpoints/scheme-presets.ts';
import { createSignatureVerifier } from '../../src/ingest/signature.ts';
import {
  ed25519Pair,
  githubHeaders,
  rawHeaders,
  standardHeaders,
  standardV1aHeaders,
  stripeHeaders,
} from './support/sign.ts';

const SETTINGS = { seed: 20_260_101, numRuns: 200 };
const bytes = fc.uint8Array({ maxLength: 200 });
const secret = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const seconds = fc.integer({ min: 0, max: 999_999_999_999 });
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);

describe('a signature', () => {
  it('that was made is accepted, for all bodies and secrets', () => {
    fc.assert(
      fc.property(bytes, secret, seconds, id, (body, text, time, eventId) => {
        const key = `whsec_${Buffer.from(text).toString('base64')}`;
        const standard = createSignatureVerifier(presetScheme('standard'), [key]);
        const headers = rawHeaders(standardHeaders(key, body, time, eventId));
        expect(standard.verify(headers, Buffer.from(body), time * 1_000)).toEqual({
          kind: 'verified',
          eventKey: eventId,
        });
        const stripe = createSignatureVerifier(presetScheme('stripe'), [text]);
        const verdict = stripe.verify(
          rawHeaders(stripeHeaders(text, body, time)),
          Buffer.from(body),
          time * 1_000,
        );
        expect(verdict.kind).toBe('verified');
      }),
      SETTINGS,
    );
  });

  it('is refused after any change of one bit in the body', () => {
    const pair = ed25519Pair();
    const v1a = createSignatureVerifier(presetScheme('standard-v1a'), [pair.secret]);
    const github = createSignatureVerifier(presetScheme('github'), ['a']);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(511), (body, at) => {
        const changed = Buffer.from(body);
        const place = (at >> 3) % changed.length;
        changed[place] = (changed[place] ?? 0) ^ (1 << (at & 7));
        const asymmetric = rawHeaders(standardV1aHeaders(pair, body, 0));
        expect(v1a.verify(asymmetric, Buffer.from(body), 0).kind).toBe('verified');
        expect(v1a.verify(asymmetric, changed, 0).kind).toBe('invalid');
        expect(github.verify(rawHeaders(githubHeaders('a', body)), changed, 0).kind).toBe(
          'invalid',
        );
      }),
      { ...SETTINGS, numRuns: 50 },
    );
  });

  it('is never found in random headers, and nothing throws', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 200 }),
      fc.stringMatching(/^(t=\d{1,13}|v1a?[=,][A-Za-z0-9+/=]{0,90}|[ ,]){0,20}$/),
    );
    const verifiers = PRESET_NAMES.map((name) =>
      createSignatureVerifier(presetScheme(name), [
        name === 'standard-v1a' ? ed25519Pair().secret : `whsec_${'A'.repeat(32)}`,
      ]),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...verifiers),
        bytes,
        fc.array(value),
        (verifier, body, values) => {
          const headers = verifier.headerNames.flatMap((name, i) => [name, values[i] ?? '']);
          expect(verifier.verify(headers, Buffer.from(body), 0).kind).toBe('invalid');
        },
      ),
      SETTINGS,
    );
  });
});
