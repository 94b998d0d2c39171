/** Whose key signed a head: windows, logs, key statements and revocations. @module */
import { describe, expect, it } from 'vitest';
import {
  checkHeadKey,
  checkKeyChain,
  followKeyStatements,
  type KeyEvidence,
  NO_EVIDENCE,
} from '../src/key-check.ts';
import { type ProofPackage, parseProofPackage } from '../src/proof-package.ts';
import { keyIdFromPublicKey } from '../src/public-key.ts';
import { parseTreeHead } from '../src/tree-head.ts';
import type { Trust, TrustedKey } from '../src/trust.ts';
import {
  makeChainPackage,
  rotationText,
  rotationTimeMs,
  signerNumber,
  statementText,
} from './make-key-chain.ts';
import { HEAD_TIME_MS, LOG_SIGNER, makeHead, ORIGIN, signerFromSeed } from './make-package.ts';

const ROOT = new Uint8Array(32).fill(7);
const HEAD = parseTreeHead(JSON.stringify(makeHead(8, ROOT)));
const KEY_ID = keyIdFromPublicKey(LOG_SIGNER.publicKey);
const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: 'acme' }] };

function pinned(rest: Partial<TrustedKey> = {}): TrustedKey {
  return { publicKey: LOG_SIGNER.publicKey, name: 'acme', ...rest };
}

function keyCheck(...keys: readonly TrustedKey[]): ReturnType<typeof checkHeadKey> {
  return checkHeadKey(HEAD, { keys }, 'h');
}

describe('the key check', () => {
  it('passes for a pinned key and names it', () => {
    const { check, facts } = keyCheck(pinned());
    expect(check).toStrictEqual({ id: 'key', status: 'pass' });
    expect(facts).toEqual({ keyId: KEY_ID, name: 'acme', source: 'pinned', statements: [] });
  });

  it('fails for no key and for another one', () => {
    const other = { publicKey: signerFromSeed('33'.repeat(32)).publicKey, name: 'acme' };
    for (const { check, facts } of [keyCheck(), keyCheck(other)]) {
      expect(check).toMatchObject({ status: 'fail', code: 'E_KEY_UNKNOWN', field: 'h.public_key' });
      expect(check.actual).toBe(KEY_ID);
      expect(facts).toEqual({ keyId: KEY_ID, name: null, source: 'unknown', statements: [] });
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

function revocation(of: number, by: number, validFromMs: number): string {
  return statementText({
    action: 'revoke',
    by: signerNumber(by),
    of: signerNumber(of),
    validFromMs,
  });
}

/** The check of a head by signer number `signer` with these statements. */
function chainCheck(
  texts: readonly string[],
  signer: number,
  evidence: Partial<KeyEvidence> = {},
  trust: Trust = TRUST,
): ReturnType<typeof checkHeadKey> {
  const json = JSON.stringify(makeChainPackage(texts, signerNumber(signer)));
  const made: ProofPackage = parseProofPackage(json);
  const result = checkKeyChain(made.keyChain, made.signedTreeHead, 'p');
  const revocations = result.chain?.revocations ?? [];
  return checkHeadKey(made.signedTreeHead, trust, 'h', {
    ...NO_EVIDENCE,
    ...result,
    revocations,
    ...evidence,
  });
}

describe('the key check with statements', () => {
  const texts = [rotationText(0), rotationText(1)];

  it('passes from a pinned key, and lists the way', () => {
    const { check, facts } = chainCheck(texts, 2);
    expect(check.status).toBe('pass');
    expect(check.reason).toMatch(/^reached from a pinned key by 2 /);
    const ids = [0, 1, 2].map((i) => keyIdFromPublicKey(signerNumber(i).publicKey));
    expect(facts).toEqual({
      keyId: ids[2],
      name: 'acme',
      source: 'chain',
      statements: [0, 1].map((i) => ({
        previousKeyId: ids[i],
        keyId: ids[i + 1],
        validFrom: new Date(rotationTimeMs(i)).toISOString(),
        isLogged: false,
      })),
    });
  });

  it('fails with their own refusal, under the name of their file', () => {
    const { check, facts } = chainCheck([...texts].reverse(), 2);
    expect(check).toMatchObject({
      id: 'key',
      status: 'fail',
      code: 'E_KEY_CHAIN',
      field: 'p.key_chain[1].leaf_data.previous_public_key',
    });
    expect(facts).toMatchObject({ source: 'unknown', statements: [] });
  });

  it('has nothing to read where there are none', () => {
    expect(checkKeyChain([], HEAD, '')).toEqual({ chain: null, refusal: null });
  });
});

describe('a revocation', () => {
  const rotations = [rotationText(0), rotationText(1)];

  it.each([
    ['by the key before', [...rotations, revocation(2, 1, HEAD_TIME_MS)], 2],
    ['by the key after', [...rotations, revocation(1, 2, HEAD_TIME_MS)], 1],
  ])('%s fails a head with the same or a later time', (_, texts, signer) => {
    const { check, facts } = chainCheck(texts, signer, { isFixedBefore: () => true });
    expect(check).toMatchObject({ status: 'fail', code: 'E_KEY_REVOKED', field: 'h.timestamp' });
    expect(check.reason).toBeUndefined();
    expect(facts.source).toBe('chain');
  });

  it('fails an earlier head too, and says that its time shows nothing', () => {
    const { check } = chainCheck([...rotations, revocation(2, 1, HEAD_TIME_MS + 1)], 2);
    expect(check).toMatchObject({ status: 'fail', code: 'E_KEY_REVOKED' });
    expect(check.reason).toContain('earlier time');
  });

  it('passes an earlier head that something else fixes in time, and still tells of it', () => {
    const asked: number[] = [];
    const isFixedBefore = (timeMs: number): boolean => asked.push(timeMs) > 0;
    const texts = [...rotations, revocation(2, 1, HEAD_TIME_MS + 1)];
    const { check } = chainCheck(texts, 2, { isFixedBefore });
    expect(check.status).toBe('pass');
    expect(check.reason).toMatch(/^reached from a pinned key .*; revoked from .*older$/);
    expect(asked).toEqual([HEAD_TIME_MS + 1]);
  });

  it('counts with its earliest time', () => {
    const first = revocation(1, 0, HEAD_TIME_MS + 5);
    const second = revocation(1, 2, HEAD_TIME_MS + 3);
    const asked: number[] = [];
    const isFixedBefore = (timeMs: number): boolean => asked.push(timeMs) > 0;
    chainCheck([...rotations, first, second], 1, { isFixedBefore });
    chainCheck([...rotations, second, first], 1, { isFixedBefore });
    expect(asked).toEqual([HEAD_TIME_MS + 3, HEAD_TIME_MS + 3]);
  });

  it('holds for a pinned key, and is told where it does not matter', () => {
    const own: Trust = { keys: [{ publicKey: signerNumber(1).publicKey, name: null }] };
    const late = [rotationText(0), revocation(1, 0, HEAD_TIME_MS)];
    expect(chainCheck(late, 1, {}, own).check.code).toBe('E_KEY_REVOKED');
    const early = [rotationText(0), revocation(1, 0, HEAD_TIME_MS + 1)];
    const { check, facts } = chainCheck(early, 1, { isFixedBefore: () => true }, own);
    expect(check.reason).toMatch(/^revoked from/);
    expect(facts).toMatchObject({ source: 'pinned', statements: [] });
  });

  it('of a key on the way cuts what that key named afterwards, if its predecessor says so', () => {
    for (const timeMs of [rotationTimeMs(1) - 1, rotationTimeMs(1)]) {
      const { check } = chainCheck([...rotations, revocation(1, 0, timeMs)], 2);
      expect(check).toMatchObject({ code: 'E_KEY_REVOKED', field: 'h.public_key' });
    }
    const after = chainCheck([...rotations, revocation(1, 0, rotationTimeMs(1) + 1)], 2);
    expect(after.check.status).toBe('pass');
  });

  it('of a key on the way by the key after it leaves that one good: it is the way out', () => {
    const { check } = chainCheck([...rotations, revocation(1, 2, rotationTimeMs(0))], 2);
    expect(check.status).toBe('pass');
  });

  it('of a key before the pinned one matters to nobody', () => {
    const from: Trust = { keys: [{ publicKey: signerNumber(1).publicKey, name: null }] };
    const texts = [...rotations, rotationText(2), revocation(0, 1, 0)];
    expect(chainCheck(texts, 3, {}, from).check.status).toBe('pass');
  });

  it('in a package is found in its head, under the name of that member', () => {
    const texts = [...rotations, revocation(2, 1, HEAD_TIME_MS)];
    const made = parseProofPackage(JSON.stringify(makeChainPackage(texts, signerNumber(2))));
    const { check, facts } = followKeyStatements(made, TRUST, () => true);
    expect(check).toMatchObject({
      id: 'key',
      code: 'E_KEY_REVOKED',
      field: 'signed_tree_head.timestamp',
    });
    expect(facts).toMatchObject({ source: 'chain', name: 'acme' });
  });

  it('that came with another head counts as well', () => {
    const other = parseProofPackage(
      JSON.stringify(
        makeChainPackage([rotationText(0), revocation(0, 1, HEAD_TIME_MS)], signerNumber(1)),
      ),
    );
    const { chain } = checkKeyChain(other.keyChain, other.signedTreeHead, '');
    const revocations = chain?.revocations ?? [];
    expect(revocations).toHaveLength(1);
    const result = checkHeadKey(HEAD, TRUST, 'h', { ...NO_EVIDENCE, revocations });
    expect(result.check.code).toBe('E_KEY_REVOKED');
  });
});
