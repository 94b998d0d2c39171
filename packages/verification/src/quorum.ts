/** Quorums: which witnesses cosigned a checkpoint, and whether they are enough. C2SP tlog-policy. @module */
import type { Cosignature } from './cosignature.ts';
import { verifyCosignatures } from './cosignature.ts';
import { VerificationError } from './errors.ts';
import { runCheck } from './head-checks.ts';
import type { NoteKey } from './note.ts';
import type { PolicyResult } from './policy-check.ts';

/** A witness, under the name that the policy gives it. The name of its key is what stands in notes. */
export interface PolicyWitness {
  readonly name: string;
  readonly key: NoteKey;
  readonly url: string | null;
}

/** A number of members of which so many must have witnessed. Members are witnesses or groups before this one. */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** Which witnesses there are, and how many of them must have cosigned. */
export interface QuorumRule {
  readonly witnesses: readonly PolicyWitness[];
  /** In the order of the file: a group knows only those before it. */
  readonly groups: readonly PolicyGroup[];
  /** The witness or group that must have witnessed; null for `quorum none`. */
  readonly quorum: string | null;
}

/**
 * Whether witnesses of these names fulfil the quorum; `quorum none` is fulfilled by nobody.
 * @example isQuorumMet(policy, ['w1', 'w2'])
 */
export function isQuorumMet(policy: QuorumRule, witnessNames: readonly string[]): boolean {
  if (policy.quorum === null) return true;
  const known = new Set(policy.witnesses.map(({ name }) => name));
  // A set, so that whoever is given twice counts once.
  const witnessed = new Set(witnessNames.filter((name) => known.has(name)));
  for (const { name, threshold, members } of policy.groups) {
    const count = members.filter((member) => witnessed.has(member)).length;
    if (count >= threshold) witnessed.add(name);
  }
  return witnessed.has(policy.quorum);
}

/** Counts the cosignatures of a note, or of a head that has none. Bad lines of known witnesses fail the check. */
export function countCosignatures(
  policy: QuorumRule,
  note: string | null,
  prefix: string,
): PolicyResult {
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

function witnessesOf(note: string, { witnesses }: QuorumRule): readonly SeenBy[] {
  const cosignatures = verifyCosignatures(
    note,
    witnesses.map(({ key }) => key),
  );
  return witnesses.flatMap(({ name, key }) => {
    const cosignature = cosignatures.find(({ witness }) => witness === key);
    return cosignature === undefined ? [] : [{ name, cosignature }];
  });
}

function assertQuorum(policy: QuorumRule, seen: readonly SeenBy[]): void {
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

function countText(policy: QuorumRule, seen: readonly SeenBy[]): string {
  if (policy.witnesses.length === 0) return 'no witness required';
  return `cosigned by ${seen.length} of ${policy.witnesses.length} witnesses`;
}
