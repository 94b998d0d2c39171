/** The policy check of a checkpoint: have enough witnesses that the user trusts cosigned it? C2SP tlog-policy. @module */
import type { Cosignature } from './cosignature.ts';
import { verifyCosignatures } from './cosignature.ts';
import { VerificationError } from './errors.ts';
import { runCheck } from './head-checks.ts';
import type { Check } from './report.ts';
import type { WitnessPolicy } from './witness-policy.ts';
import { isQuorumMet } from './witness-policy.ts';

/** The check, and what the witnesses' clocks say. */
export interface PolicyResult {
  readonly check: Check;
  /** Whether a quorum saw this tree before the moment. Never, where the policy wants no witness. */
  readonly isSeenBefore: (timeMs: number) => boolean;
}

/**
 * Counts the cosignatures of a note; null where a head has none. A note whose own check failed says nothing about the
 * head, whoever cosigned it.
 */
export function checkPolicy(
  note: string | null,
  checkpoint: Check,
  policy: WitnessPolicy | undefined,
  prefix: string,
): PolicyResult {
  if (policy === undefined) return notChecked('no rule required');
  if (checkpoint.status === 'fail') return notChecked('the checkpoint does not hold');
  let seen: readonly SeenBy[] = [];
  const check = runCheck('policy', prefix, () => {
    seen = note === null ? [] : witnessesOf(note, policy);
    assertQuorum(policy, seen);
  });
  const isSeenBefore = (timeMs: number): boolean => {
    const before = seen.filter(({ cosignature }) => isBefore(cosignature, timeMs));
    return (
      check.status === 'pass' && policy.quorum !== null && isQuorumMet(policy, namesOf(before))
    );
  };
  if (check.status !== 'pass') return { check, isSeenBefore };
  return { check: { ...check, reason: countText(policy, seen) }, isSeenBefore };
}

interface SeenBy {
  /** As the policy calls the witness. */
  readonly name: string;
  readonly cosignature: Cosignature;
}

function witnessesOf(note: string, { witnesses }: WitnessPolicy): readonly SeenBy[] {
  const cosignatures = verifyCosignatures(
    note,
    witnesses.map(({ key }) => key),
  );
  return witnesses.flatMap(({ name, key }) => {
    const cosignature = cosignatures.find(({ witness }) => witness === key);
    return cosignature === undefined ? [] : [{ name, cosignature }];
  });
}

function assertQuorum(policy: WitnessPolicy, seen: readonly SeenBy[]): void {
  if (isQuorumMet(policy, namesOf(seen))) return;
  throw new VerificationError('E_POLICY', {
    field: 'checkpoint',
    expected: `cosignatures that fulfil the quorum ${policy.quorum}`,
    actual: countText(policy, seen),
  });
}

// The second names a whole second: it is before the moment only if all of it is.
function isBefore({ timeSeconds }: Cosignature, timeMs: number): boolean {
  return (timeSeconds + 1n) * 1000n <= BigInt(timeMs);
}

function namesOf(seen: readonly SeenBy[]): readonly string[] {
  return seen.map(({ name }) => name);
}

function countText(policy: WitnessPolicy, seen: readonly SeenBy[]): string {
  if (policy.witnesses.length === 0) return 'no witness required';
  return `cosigned by ${seen.length} of ${policy.witnesses.length} witnesses`;
}

function notChecked(reason: string): PolicyResult {
  return { check: { id: 'policy', status: 'skipped', reason }, isSeenBefore: () => false };
}
