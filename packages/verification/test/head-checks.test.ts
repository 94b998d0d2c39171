/** What any head goes through: windows, logs, clocks, and whose key it is. @module */
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import {
  assertHeadNotInFuture,
  checkHeadCheckpoint,
  checkHeadKey,
  checkHeadSignature,
  failedCheck,
  runCheck,
} from '../src/head-checks.ts';
import { keyIdFromPublicKey } from '../src/public-key.ts';
import { parseTreeHead, type TreeHead } from '../src/tree-head.ts';
import type { TrustedKey } from '../src/trust.ts';
import { HEAD_TIME_MS, LOG_SIGNER, makeHead, ORIGIN, signerFromSeed } from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const ROOT = new Uint8Array(32).fill(7);
const HEAD = parseTreeHead(JSON.stringify(makeHead(8, ROOT)));
const KEY_ID = keyIdFromPublicKey(LOG_SIGNER.publicKey);

function pinned(rest: Partial<TrustedKey> = {}): TrustedKey {
  return { publicKey: LOG_SIGNER.publicKey, name: 'acme', ...rest };
}

function keyCheck(...keys: readonly TrustedKey[]): ReturnType<typeof checkHeadKey> {
  return checkHeadKey(HEAD, { keys }, 'h');
}

describe('the key check', () => {
  it('passes for a pinned key and names it', () => {
    const { check, facts } = keyCheck(pinned());
    expect(check).toEqual({ id: 'key', status: 'pass' });
    expect(facts).toEqual({ keyId: KEY_ID, name: 'acme', source: 'pinned' });
  });

  it('fails for no key and for another one', () => {
    const other = { publicKey: signerFromSeed('33'.repeat(32)).publicKey, name: 'acme' };
    for (const { check, facts } of [keyCheck(), keyCheck(other)]) {
      expect(check).toMatchObject({ status: 'fail', code: 'E_KEY_UNKNOWN', field: 'h.public_key' });
      expect(check.actual).toBe(KEY_ID);
      expect(facts).toEqual({ keyId: KEY_ID, name: null, source: 'unknown' });
    }
  });

  it('finds the key among others', () => {
    const other = { publicKey: signerFromSeed('33'.repeat(32)).publicKey, name: 'other' };
    expect(keyCheck(other, pinned()).check.status).toBe('pass');
  });

  it('accepts the window from its first moment up to, not with, its last', () => {
    const windows: readonly (readonly [Partial<TrustedKey>, boolean])[] = [
      [{ fromMs: HEAD_TIME_MS }, true],
      [{ fromMs: HEAD_TIME_MS + 1 }, false],
      [{ untilMs: HEAD_TIME_MS + 1 }, true],
      [{ untilMs: HEAD_TIME_MS }, false],
      [{ fromMs: HEAD_TIME_MS - 9, untilMs: HEAD_TIME_MS + 9 }, true],
    ];
    for (const [window, isGood] of windows) {
      const { check, facts } = keyCheck(pinned(window));
      expect(check.status).toBe(isGood ? 'pass' : 'fail');
      if (!isGood) expect(check.code).toBe('E_KEY_WINDOW');
      expect(facts.source).toBe(isGood ? 'pinned' : 'unknown');
    }
  });

  it('accepts one fitting window among several entries of the same key', () => {
    const early = pinned({ untilMs: HEAD_TIME_MS, name: 'early' });
    const late = pinned({ fromMs: HEAD_TIME_MS, name: 'late' });
    expect(keyCheck(early, late).facts).toMatchObject({ name: 'late', source: 'pinned' });
  });

  it('accepts the key only for the log it is pinned for', () => {
    expect(keyCheck(pinned({ log: ORIGIN })).check.status).toBe('pass');
    const { check } = keyCheck(pinned({ log: 'other.example' }));
    expect(check).toMatchObject({ status: 'fail', code: 'E_KEY_UNKNOWN', field: 'h.log' });
  });
});

describe('signature and checkpoint', () => {
  it('pass for a good head', () => {
    expect(checkHeadSignature(HEAD, 'h').status).toBe('pass');
    expect(checkHeadCheckpoint(HEAD, 'h').status).toBe('pass');
  });

  it('fail with code and member', () => {
    const changed: TreeHead = { ...HEAD, treeSize: 9 };
    expect(checkHeadSignature(changed, 'h')).toMatchObject({
      code: 'E_STH_SIGNATURE',
      field: 'h.signature',
    });
    expect(checkHeadCheckpoint(changed, 'h')).toMatchObject({
      status: 'fail',
      code: 'E_CHECKPOINT',
    });
  });

  it('skips a checkpoint that is not there, and says what is missing', () => {
    const check = checkHeadCheckpoint({ ...HEAD, checkpoint: null }, 'h');
    expect(check).toEqual({ id: 'checkpoint', status: 'skipped', reason: 'log name not signed' });
  });
});

describe('the clock', () => {
  it('lets a head be up to five minutes ahead', () => {
    const ahead = 300_000;
    expect(() => assertHeadNotInFuture(HEAD, HEAD_TIME_MS - ahead, 't')).not.toThrow();
    const refuse = (): void => assertHeadNotInFuture(HEAD, HEAD_TIME_MS - ahead - 1, 't');
    expect(expectRefusal('E_STH_TIME', refuse).field).toBe('t');
  });
});

describe('running a check', () => {
  it('turns a refusal into an entry and lets mistakes of ours through', () => {
    const refusal = new VerificationError('E_FIELD', { field: 'b', expected: 'x', actual: 'y' });
    const refuse = (): never => {
      throw refusal;
    };
    expect(runCheck('leaf', 'a', refuse)).toEqual({
      id: 'leaf',
      status: 'fail',
      code: 'E_FIELD',
      field: 'a.b',
      expected: 'x',
      actual: 'y',
    });
    expect(() =>
      runCheck('leaf', '', () => {
        throw new TypeError('ours');
      }),
    ).toThrow(TypeError);
  });

  it('has no members for what is not known', () => {
    expect(failedCheck('leaf', new VerificationError('E_IO'))).toEqual({
      id: 'leaf',
      status: 'fail',
      code: 'E_IO',
    });
  });
});
