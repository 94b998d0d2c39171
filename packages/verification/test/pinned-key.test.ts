/** The key of a head without statements: pinned, for this log, in its window, or not trusted. @module */
import { describe, expect, it } from 'vitest';
import { checkPinnedKey, type KeyResult } from '../src/pinned-key.ts';
import { keyIdFromPublicKey } from '../src/public-key.ts';
import { parseTreeHead } from '../src/tree-head.ts';
import type { TrustedKey } from '../src/trust.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy } from '../src/witness-policy.ts';
import { signerNumber } from './make-key-chain.ts';
import { HEAD_TIME_MS, LOG_SIGNER, makeHead, ORIGIN } from './make-package.ts';

const HEAD = parseTreeHead(JSON.stringify(makeHead(8, new Uint8Array(32).fill(7))));
const KEY_ID = keyIdFromPublicKey(LOG_SIGNER.publicKey);
const TIME = '2026-01-15T10:30:45.000Z';

function pinned(rest: Partial<TrustedKey> = {}): TrustedKey {
  return { publicKey: LOG_SIGNER.publicKey, name: 'acme', ...rest };
}

function check(...keys: readonly TrustedKey[]): KeyResult {
  return checkPinnedKey(HEAD, { keys }, 'h');
}

describe('a pinned key', () => {
  it('passes, and is named', () => {
    const other = { publicKey: signerNumber(3).publicKey, name: 'other' };
    for (const result of [check(pinned()), check(other, pinned({ log: ORIGIN }))]) {
      expect(result).toEqual({
        check: { id: 'key', status: 'pass' },
        facts: { keyId: KEY_ID, name: 'acme', source: 'pinned', statements: [] },
      });
    }
  });

  it('may be that of a log of the policy', () => {
    const vkey = encodeVkey(ORIGIN, LOG_SIGNER.publicKey);
    const policy = parseWitnessPolicy(`log ${vkey}\nquorum none\n`);
    expect(checkPinnedKey(HEAD, { keys: [], policy }, 'h').facts).toMatchObject({
      name: ORIGIN,
      source: 'pinned',
    });
  });

  it.each<[string, readonly TrustedKey[], Record<string, string>, string | null]>([
    [
      'nobody pinned it',
      [{ publicKey: signerNumber(3).publicKey, name: 'other' }],
      {
        code: 'E_KEY_UNKNOWN',
        field: 'h.public_key',
        expected: 'a key you pinned',
        actual: KEY_ID,
      },
      null,
    ],
    [
      'it is for another log',
      [pinned({ log: 'other.example' })],
      {
        code: 'E_KEY_UNKNOWN',
        field: 'h.log',
        expected: 'the log the key is pinned for: other.example',
        actual: ORIGIN,
      },
      'acme',
    ],
    [
      'its window is over',
      [pinned({ untilMs: HEAD_TIME_MS })],
      {
        code: 'E_KEY_WINDOW',
        field: 'h.timestamp',
        expected: `from any time until ${TIME}`,
        actual: TIME,
      },
      'acme',
    ],
    [
      'its window is not open yet',
      [pinned({ fromMs: HEAD_TIME_MS + 1 })],
      {
        code: 'E_KEY_WINDOW',
        field: 'h.timestamp',
        expected: 'from 2026-01-15T10:30:45.001Z until any time',
        actual: TIME,
      },
      'acme',
    ],
  ])('is refused where %s', (_, keys, refusal, name) => {
    expect(check(...keys)).toEqual({
      check: { id: 'key', status: 'fail', ...refusal },
      facts: { keyId: KEY_ID, name, source: 'unknown', statements: [] },
    });
  });

  it('holds the first moment of its window, and not the last', () => {
    expect(check(pinned({ fromMs: HEAD_TIME_MS, untilMs: HEAD_TIME_MS + 1 })).check.status).toBe(
      'pass',
    );
  });

  it('may have several entries, of which one fits', () => {
    const early = pinned({ untilMs: HEAD_TIME_MS, name: 'early' });
    const elsewhere = pinned({ log: 'other.example', name: 'elsewhere' });
    expect(check(early, elsewhere, pinned({ name: 'late' })).facts.name).toBe('late');
    expect(check(elsewhere, early).check.code).toBe('E_KEY_WINDOW');
  });
});
