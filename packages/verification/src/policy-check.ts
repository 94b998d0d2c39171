/** The policy check of a checkpoint: have enough witnesses that the user trusts cosigned it? C2SP tlog-policy. @module */
import type { Check } from './report.ts';

/** The check, and what the witnesses' clocks say. */
export interface PolicyResult {
  readonly check: Check;
  /** Whether a quorum saw this tree before the moment. Never, where the policy wants no witness. */
  readonly isSeenBefore: (timeMs: number) => boolean;
}

/** A policy brings its own counting along, so that only those who use one have its code. */
export interface CosignatureCounter {
  /** The check of a note, or of a head that has none; the prefix says in which part of the file it stands. */
  readonly countCosignatures: (note: string | null, prefix: string) => PolicyResult;
}

/**
 * Asks the policy about a note; null where a head has none. A note whose own check failed says nothing about the head,
 * whoever cosigned it.
 */
export function checkPolicy(
  note: string | null,
  checkpoint: Check,
  policy: CosignatureCounter | undefined,
  prefix: string,
): PolicyResult {
  if (policy === undefined) return notChecked('no rule required');
  if (checkpoint.status === 'fail') return notChecked('the checkpoint does not hold');
  return policy.countCosignatures(note, prefix);
}

function notChecked(reason: string): PolicyResult {
  return { check: { id: 'policy', status: 'skipped', reason }, isSeenBefore: () => false };
}
