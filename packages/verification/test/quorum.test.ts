/** Quorums: who counts, the cosignatures under a checkpoint, and what their times show. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyResult } from '../src/policy-check.ts';
import { countCosignatures, isQuorumMet } from '../src/quorum.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy, type WitnessPolicy } from '../src/witness-policy.ts';
import { cosignatureLine } from './make-cosignature.ts';
import { signerNumber } from './make-key-chain.ts';
import { LOG_SIGNER, noteOf, ORIGIN } from './make-package.ts';

const TEXT = `${ORIGIN}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n`;
const NOTE = noteOf(TEXT, ORIGIN, LOG_SIGNER);
const LINES = [1, 2, 3, 4].map(
  (i) => `witness w${i} ${encodeVkey(`w${i}.example`, signerNumber(i).publicKey, 'witness')}`,
);
const WITNESSES = LINES.join('\n');
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

function check(note: string | null, policy: WitnessPolicy = TWO_OF_THREE): PolicyResult {
  return countCosignatures(policy, note, 'h');
}

describe('a quorum', () => {
  function met(rule: string, ...names: readonly string[]): boolean {
    return isQuorumMet(parseWitnessPolicy(`${WITNESSES}\n${rule}\n`), names);
  }

  it.each([
    ['quorum w1', ['w1'], true],
    ['quorum w1', ['w2', 'w3'], false],
    ['group g any w1 w2\nquorum g', ['w2'], true],
    ['group g any w1 w2\nquorum g', ['w3'], false],
    ['group g all w1 w2\nquorum g', ['w1'], false],
    ['group g all w1 w2\nquorum g', ['w1', 'w2'], true],
    ['group g 2 w1 w2 w3\nquorum g', ['w3'], false],
    ['group g 2 w1 w2 w3\nquorum g', ['w3', 'w1'], true],
    ['group a 1 w1 w2\ngroup b all a w3\nquorum b', ['w1', 'w2'], false],
    ['group a 1 w1 w2\ngroup b all a w3\nquorum b', ['w2', 'w3'], true],
    ['group a 2 w1 w2\ngroup b any a w3\nquorum b', ['w1'], false],
  ] as const)('%j with %j: %s', (rule, names, expected) => {
    expect(met(rule, ...names)).toBe(expected);
  });

  it('counts nobody twice', () => {
    expect(met('group g 2 w1 w2\nquorum g', 'w1', 'w1')).toBe(false);
  });

  it('is not met by the name of a group, or by a name nobody has', () => {
    const rule = 'group g 2 w1 w2\nquorum g';
    expect(met(rule, 'g')).toBe(false);
    expect(met(rule, 'w1', 'w9')).toBe(false);
  });

  it('is met by more where it is met by fewer', () => {
    const rules = [
      'group g 2 w1 w2\ngroup h 2 g w3 w4\nquorum h',
      'group g all w1 w2 w3\nquorum g',
    ];
    const names = fc.subarray(['w1', 'w2', 'w3', 'w4']);
    fc.assert(
      fc.property(fc.constantFrom(...rules), names, names, (rule, some, more) => {
        if (met(rule, ...some)) expect(met(rule, ...some, ...more)).toBe(true);
      }),
      { seed: 6962, numRuns: 60 },
    );
  });
});

describe('counting', () => {
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
