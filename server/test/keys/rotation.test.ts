/** The rules of a rotation, without a database. @module */
import { keyIdFromPublicKey } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  isReplaced,
  isSameSituation,
  isSuccessor,
  type KeySituation,
  planAnnouncement,
  rotationTimeMs,
  signAnnouncement,
} from '../../src/keys/rotation.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { signRotation } from '../../src/keys/statement.ts';
import type { StoredStatement } from '../../src/keys/statement-store.ts';
import type { AttestationKey } from '../../src/keys/store.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';

const keyOf = ({ publicKey }: Signer, state: 'active' | 'announced'): AttestationKey => ({
  keyId: Buffer.from(keyIdFromPublicKey(publicKey), 'hex'),
  publicKey,
  provider: 'file',
  state,
  validFromMs: START_MS,
  validUntilMs: null,
});

const [old, next] = [makeSigner(), makeSigner()];
const active = keyOf(old, 'active');
const announced = keyOf(next, 'announced');
const situation = (changes: Partial<KeySituation> = {}): KeySituation => ({
  active,
  announced: null,
  statements: [],
  ...changes,
});

describe('planAnnouncement', () => {
  it('says what is still to be said', () => {
    const plan = (changes: Partial<KeySituation>, isEmergency: boolean): unknown =>
      planAnnouncement(situation(changes), isEmergency);
    expect(plan({}, false)).toEqual({ needsRotation: true, needsRevocation: false });
    expect(plan({}, true)).toEqual({ needsRotation: true, needsRevocation: true });
    expect(plan({ announced }, false)).toBeNull();
    expect(plan({ announced }, true)).toEqual({ needsRotation: false, needsRevocation: true });
    for (const isEmergency of [false, true]) {
      expect(plan({ active: null, announced }, isEmergency)).toBeNull();
      expect(() => plan({ active: null }, isEmergency)).toThrow();
    }
  });
});

describe('isSameSituation', () => {
  it('compares which keys are active and announced', () => {
    const both = situation({ announced });
    expect(isSameSituation(both, situation({ announced: { ...announced } }))).toBe(true);
    expect(isSameSituation(both, situation())).toBe(false);
    expect(isSameSituation(both, { ...both, active: null })).toBe(false);
    expect(isSameSituation(both, { ...both, announced: active })).toBe(false);
    expect(isSameSituation(situation(), situation())).toBe(true);
  });
});

describe('isReplaced', () => {
  it('tells that another key is active now', () => {
    const after = situation({ active: { ...announced, state: 'active' } });
    expect(isReplaced(situation({ announced }), after)).toBe(true);
    expect(isReplaced(situation(), situation({ announced }))).toBe(false);
    expect(isReplaced(situation(), situation({ active: null, announced }))).toBe(false);
    expect(isReplaced(situation({ active: null, announced }), after)).toBe(false);
  });
});

describe('isSuccessor', () => {
  it('asks the rotation that named the active key', async () => {
    const { data } = await signRotation('log.kapsel.test/a', old, next, START_MS);
    const named = { action: 'rotate', keyId: announced.keyId, leafData: data } as StoredStatement;
    const after = situation({ active: { ...announced, state: 'active' }, statements: [named] });
    expect(isSuccessor(after, old.publicKey)).toBe(true);
    expect(isSuccessor(after, makeSigner().publicKey)).toBe(false);
    expect(isSuccessor({ ...after, active: null }, old.publicKey)).toBe(false);
    expect(isSuccessor({ ...after, statements: [] }, old.publicKey)).toBe(false);
  });
});

describe('rotationTimeMs', () => {
  const after = (validFromMs: number): KeySituation =>
    situation({ statements: [{ action: 'rotate', validFromMs } as StoredStatement] });

  it('is now for a planned rotation, and right after the last head for an emergency', () => {
    expect(rotationTimeMs(situation(), false, START_MS - 60_000, START_MS)).toBe(START_MS);
    expect(rotationTimeMs(situation(), true, START_MS - 60_000, START_MS)).toBe(START_MS - 59_999);
    expect(rotationTimeMs(situation(), true, null, START_MS)).toBe(START_MS);
    // A head of a clock that is ahead of ours.
    expect(rotationTimeMs(situation(), true, START_MS + 60_000, START_MS)).toBe(START_MS);
  });

  it('is later than that of every rotation before', () => {
    for (const isEmergency of [false, true]) {
      expect(rotationTimeMs(after(START_MS + 5), isEmergency, null, START_MS)).toBe(START_MS + 6);
    }
    const revoked = { action: 'revoke', validFromMs: START_MS + 5 } as StoredStatement;
    expect(rotationTimeMs(situation({ statements: [revoked] }), false, null, START_MS)).toBe(
      START_MS,
    );
  });
});

describe('signAnnouncement', () => {
  it('signs the rotation by the old key and the revocation by the new one, in this order', async () => {
    const keys = { active: old, next };
    const times = { validFromMs: START_MS, stolenAtMs: START_MS - 1 };
    const plan = { needsRotation: true, needsRevocation: true };
    const both = await signAnnouncement('log.kapsel.test/a', plan, keys, times);
    expect(
      both.map(({ action, publicKey, validFromMs }) => [action, publicKey, validFromMs]),
    ).toEqual([
      ['rotate', next.publicKey, START_MS],
      ['revoke', old.publicKey, START_MS - 1],
    ]);
    const planned = { needsRotation: true, needsRevocation: false };
    expect(await signAnnouncement('log.kapsel.test/a', planned, keys, times)).toHaveLength(1);
    const theft = { needsRotation: false, needsRevocation: true };
    const [only] = await signAnnouncement('log.kapsel.test/a', theft, keys, times);
    expect(only?.action).toBe('revoke');
  });
});
