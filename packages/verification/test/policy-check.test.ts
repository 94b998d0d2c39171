/** The policy check: quorum of cosignatures under the checkpoint, and what their times show. @module */
import { describe, expect, it } from 'vitest';
import { checkPolicy, type PolicyResult } from '../src/policy-check.ts';
import type { Check } from '../src/report.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy, type WitnessPolicy } from '../src/witness-policy.ts';
import { cosignatureLine } from './make-cosignature.ts';
import { signerNumber } from './make-key-chain.ts';
import { LOG_SIGNER, noteOf, ORIGIN } from './make-package.ts';

const TEXT = `${ORIGIN}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n`;
const NOTE = noteOf(TEXT, ORIGIN, LOG_SIGNER);
const GOOD: Check = { id: 'checkpoint', status: 'pass' };
const TWO_OF_THREE = policyOf('group g 2 w1 w2 w3\nquorum g');
const TIME = 1_700_000_000n;
const TIME_MS = 1_700_000_000_000;

function policyOf(rule: string): WitnessPolicy {
  const lines = [1, 2, 3].map(
    (i) => `witness w${i} ${encodeVkey(`w${i}.example`, signerNumber(i).publicKey, 'witness')}`,
  );
  return parseWitnessPolicy([...lines, rule].join('\n'));
}

/** The note with a line of each of these witnesses, witness i at second i. */
function cosignedBy(...witnesses: readonly number[]): string {
  const lines = witnesses.map((i) =>
    cosignatureLine(TEXT, `w${i}.example`, signerNumber(i), TIME + BigInt(i)),
  );
  return NOTE + lines.join('');
}

function check(
  note: string | null,
  policy: WitnessPolicy | undefined = TWO_OF_THREE,
): PolicyResult {
  return checkPolicy(note, GOOD, policy, 'h');
}

describe('the policy check', () => {
  it('passes where enough witnesses cosigned, and says how many', () => {
    expect(check(cosignedBy(1, 3)).check).toEqual({
      id: 'policy',
      status: 'pass',
      reason: 'cosigned by 2 of 3 witnesses',
    });
  });

  it('fails where too few did, or one did twice', () => {
    const twice = cosignedBy(2, 2);
    for (const note of [NOTE, cosignedBy(1), twice, null]) {
      const result = check(note).check;
      expect(result).toMatchObject({ status: 'fail', code: 'E_POLICY', field: 'h.checkpoint' });
      expect(result.reason).toBeUndefined();
    }
    expect(check(twice).check.actual).toBe('cosigned by 1 of 3 witnesses');
  });

  it('does not count strangers, or the log itself', () => {
    const stranger = cosignatureLine(TEXT, 'w4.example', signerNumber(4), TIME);
    const log = cosignatureLine(TEXT, ORIGIN, LOG_SIGNER, TIME);
    expect(check(cosignedBy(1) + stranger + log).check.code).toBe('E_POLICY');
  });

  it('fails on a bad line of a known witness, however many are good', () => {
    const bad = cosignatureLine(TEXT, 'w2.example', signerNumber(2), TIME, {
      signature: new Uint8Array(64),
    });
    expect(check(cosignedBy(1, 3) + bad).check).toMatchObject({
      status: 'fail',
      code: 'E_CHECKPOINT',
    });
  });

  it('is skipped without a policy, and where the checkpoint does not hold', () => {
    const none = checkPolicy(cosignedBy(1, 2), GOOD, undefined, 'h');
    expect(none.check).toEqual({ id: 'policy', status: 'skipped', reason: 'no rule required' });
    const failed: Check = { id: 'checkpoint', status: 'fail', code: 'E_CHECKPOINT' };
    const result = checkPolicy(cosignedBy(1, 2), failed, TWO_OF_THREE, 'h');
    expect(result.check.status).toBe('skipped');
    expect([none, result].some(({ isSeenBefore }) => isSeenBefore(TIME_MS * 2))).toBe(false);
  });

  it('passes where no witness is wanted, also without a note', () => {
    expect(check(null, parseWitnessPolicy('quorum none')).check).toMatchObject({
      status: 'pass',
      reason: 'no witness required',
    });
  });
});

describe('the times of the witnesses', () => {
  it('show that a quorum saw the tree before a moment, once their seconds are over', () => {
    const { isSeenBefore } = check(cosignedBy(1, 2, 3));
    // The second of the quorum, witness 2, names second 2: it ends at 3.
    expect(isSeenBefore(TIME_MS + 3_000)).toBe(true);
    expect(isSeenBefore(TIME_MS + 2_999)).toBe(false);
  });

  it('show nothing where the quorum is not met, or nobody is wanted', () => {
    expect(check(cosignedBy(1)).isSeenBefore(TIME_MS * 2)).toBe(false);
    const nobody = check(cosignedBy(1, 2, 3), policyOf('quorum none'));
    expect(nobody.check.status).toBe('pass');
    expect(nobody.isSeenBefore(TIME_MS * 2)).toBe(false);
  });
});
