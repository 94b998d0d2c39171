/** Which pinned key signed a checkpoint that stands alone: names, hints, logs, windows. @module */
import { describe, expect, it } from 'vitest';
import { checkSignedCheckpoint } from '../src/checkpoint-signers.ts';
import { keyIdFromPublicKey } from '../src/public-key.ts';
import type { TrustedKey } from '../src/trust.ts';
import { cosignatureLine } from './make-cosignature.ts';
import {
  checkpointText,
  LOG_SIGNER,
  NOW_MS,
  noteOf,
  ORIGIN,
  signerFromSeed,
  utf8,
} from './make-package.ts';
import { onePolicy } from './make-tlog-proof.ts';
import { numberedLeaves, referenceRoot } from './reference-tree.ts';

const ROOT = referenceRoot(numberedLeaves(11));
const TEXT = checkpointText(ORIGIN, 11, ROOT);
const NOTE = noteOf(TEXT, ORIGIN, LOG_SIGNER);
const OTHER = signerFromSeed('11'.repeat(32));
const PINNED: TrustedKey = { publicKey: LOG_SIGNER.publicKey, name: 'our log' };

function checked(note: string, ...keys: TrustedKey[]): ReturnType<typeof checkSignedCheckpoint> {
  return checkSignedCheckpoint(note, { keys }, NOW_MS);
}

/** The signature line of a note, to be put under another one. */
function lineOf(note: string): string {
  return note.slice(note.indexOf('\n\n') + 2);
}

describe('a checkpoint that stands alone', () => {
  it('is good with a line by a pinned key, and says which', () => {
    const { checkpoint, check, keyCheck, key, steps } = checked(NOTE, PINNED);
    expect(checkpoint?.treeSize).toBe(11n);
    expect(check).toEqual({ id: 'checkpoint', status: 'pass' });
    expect(keyCheck).toEqual({ id: 'key', status: 'pass' });
    expect(key).toEqual({
      keyId: keyIdFromPublicKey(LOG_SIGNER.publicKey),
      name: 'our log',
      source: 'pinned',
      statements: [],
    });
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      kind: 'signature',
      message: Buffer.from(utf8(TEXT)).toString('hex'),
      signature: Buffer.from(LOG_SIGNER.sign(utf8(TEXT))).toString('hex'),
      publicKey: Buffer.from(LOG_SIGNER.publicKey).toString('hex'),
      keyId: key?.keyId,
    });
  });

  it('is good in any order of lines, and with lines of others', () => {
    const foreign = lineOf(noteOf(TEXT, 'witness.example', OTHER));
    for (const note of [
      `${TEXT}\n${foreign}${lineOf(NOTE)}`,
      `${TEXT}\n${lineOf(NOTE)}${foreign}`,
    ]) {
      expect(checked(note, PINNED).check.status).toBe('pass');
      expect(checked(note, PINNED).keyCheck.status).toBe('pass');
    }
  });

  it('is unknown without a pinned key, or with another one', () => {
    const others = [[], [{ publicKey: OTHER.publicKey, name: null }]];
    for (const keys of others) {
      const { check, keyCheck, key, steps } = checked(NOTE, ...keys);
      expect(check).toMatchObject({ id: 'checkpoint', status: 'skipped' });
      expect(keyCheck).toMatchObject({
        id: 'key',
        status: 'fail',
        code: 'E_KEY_UNKNOWN',
        field: 'checkpoint',
        actual: 'none',
      });
      expect([key, steps]).toEqual([null, []]);
    }
  });

  it('is unknown when the pinned key signed under another name than the origin', () => {
    const note = noteOf(TEXT, 'other.example/1', LOG_SIGNER);
    // The same with the hint of the key under the origin: both must fit.
    const line = lineOf(NOTE).replace(ORIGIN, 'other.example/1');
    for (const foreign of [note, `${TEXT}\n${line}`]) {
      const { check, keyCheck } = checked(foreign, PINNED);
      expect([check.status, keyCheck.code]).toEqual(['skipped', 'E_KEY_UNKNOWN']);
    }
  });

  it('is refused with a bad line of the pinned key, also beside a good one', () => {
    const bad = noteOf(checkpointText(ORIGIN, 12, ROOT), ORIGIN, LOG_SIGNER);
    const alone = checked(`${TEXT}\n${lineOf(bad)}`, PINNED);
    expect([alone.check.code, alone.keyCheck.status]).toEqual(['E_CHECKPOINT', 'pass']);
    const beside = checked(`${NOTE}${lineOf(bad)}`, PINNED);
    expect(beside.check).toMatchObject({ code: 'E_CHECKPOINT', field: 'checkpoint' });
  });

  it('cannot be read where it is no note, or its text no checkpoint', () => {
    for (const note of ['', 'no note', noteOf('one line\n', ORIGIN, LOG_SIGNER)]) {
      const { checkpoint, check, keyCheck, key, steps } = checked(note, PINNED);
      expect(check).toMatchObject({ id: 'checkpoint', status: 'fail', code: 'E_CHECKPOINT' });
      expect(keyCheck).toMatchObject({ id: 'key', status: 'skipped' });
      expect([checkpoint, key, steps]).toEqual([null, null, []]);
    }
  });
});

describe('the key of a checkpoint that stands alone', () => {
  it('vouches for the log it is pinned for, and for no other', () => {
    expect(checked(NOTE, { ...PINNED, log: ORIGIN }).keyCheck.status).toBe('pass');
    const { check, keyCheck, key } = checked(NOTE, { ...PINNED, log: 'other.example/1' });
    expect([check.status, keyCheck.code]).toEqual(['pass', 'E_KEY_UNKNOWN']);
    expect(keyCheck.actual).not.toBe('none');
    expect(key).toMatchObject({ name: 'our log', source: 'unknown' });
  });

  it.each([
    ['begins now', { fromMs: NOW_MS }, undefined],
    ['begins later', { fromMs: NOW_MS + 1 }, 'E_KEY_WINDOW'],
    ['ends later', { untilMs: NOW_MS + 1 }, undefined],
    ['ends now', { untilMs: NOW_MS }, 'E_KEY_WINDOW'],
    ['is open', { fromMs: 0, untilMs: NOW_MS + 1 }, undefined],
    ['is long past', { fromMs: 0, untilMs: 1 }, 'E_KEY_WINDOW'],
  ] as const)('is judged at the time of reading: its window %s', (_, window, code) => {
    const { check, keyCheck, key } = checked(NOTE, { ...PINNED, ...window });
    expect(check.status).toBe('pass');
    expect(keyCheck.code).toBe(code);
    expect(keyCheck.field).toBe(code === undefined ? undefined : 'checkpoint');
    expect(key?.source).toBe(code === undefined ? 'pinned' : 'unknown');
  });

  it('may be pinned several times: one fitting entry is enough, the best one is named', () => {
    const past = { ...PINNED, name: 'past', untilMs: 1 };
    const foreign = { ...PINNED, name: 'foreign', log: 'other.example/1' };
    const both = checked(NOTE, foreign, past, PINNED);
    expect([both.keyCheck.status, both.key?.name]).toEqual(['pass', 'our log']);
    expect(both.steps).toHaveLength(1);
    const neither = checked(NOTE, foreign, past);
    expect([neither.keyCheck.code, neither.key?.name]).toEqual(['E_KEY_WINDOW', 'past']);
  });
});

describe('the witnesses of a checkpoint that stands alone', () => {
  const WITNESS = signerFromSeed('33'.repeat(32));
  const untilMs = NOW_MS - 10_000;
  const policy = onePolicy('w.example', WITNESS);
  const seenAt = (ms: number): string =>
    NOTE + cosignatureLine(TEXT, 'w.example', WITNESS, BigInt(Math.floor(ms / 1_000)));

  it('are counted where the policy of the user wants them', () => {
    const seen = checkSignedCheckpoint(seenAt(NOW_MS), { keys: [PINNED], policy }, NOW_MS);
    expect([seen.policyCheck.status, seen.keyCheck.status]).toEqual(['pass', 'pass']);
    const unseen = checkSignedCheckpoint(NOTE, { keys: [PINNED], policy }, NOW_MS);
    expect([unseen.policyCheck.code, unseen.keyCheck.status]).toEqual(['E_POLICY', 'pass']);
    expect(unseen.policyCheck.field).toBe('checkpoint');
    expect(checked(NOTE, PINNED).policyCheck.status).toBe('skipped');
    const unread = checkSignedCheckpoint('no note', { keys: [PINNED], policy }, NOW_MS);
    expect(unread.policyCheck).toMatchObject({ id: 'policy', status: 'skipped' });
  });

  it('fix a checkpoint in time: a key whose window has closed since is good for it', () => {
    const trust = { keys: [{ ...PINNED, untilMs }], policy };
    const before = checkSignedCheckpoint(seenAt(untilMs - 1_000), trust, NOW_MS);
    expect([before.keyCheck.status, before.key?.source]).toEqual(['pass', 'pinned']);
    const after = checkSignedCheckpoint(seenAt(untilMs), trust, NOW_MS);
    expect([after.policyCheck.status, after.keyCheck.code]).toEqual(['pass', 'E_KEY_WINDOW']);
  });

  it('come with the logs of their policy, which are trusted like pinned keys', () => {
    const log = { name: ORIGIN, publicKey: LOG_SIGNER.publicKey, url: null };
    const trust = { keys: [], policy: onePolicy('w.example', WITNESS, [log]) };
    const { check, keyCheck, policyCheck } = checkSignedCheckpoint(seenAt(NOW_MS), trust, NOW_MS);
    expect([check, keyCheck, policyCheck].map(({ status }) => status)).toEqual(
      Array(3).fill('pass'),
    );
  });
});
