/** Which exit code a run ends with. Source of truth: verifier-ux 2.7. @module */
import { type ErrorCode, type Verdict, verdictOfCode } from '@kapsel/verification';

export const EXIT_USAGE = 2;
export const EXIT_NO_INPUT = 3;
export const EXIT_INTERNAL = 70;
export const EXIT_INTERRUPTED = 130;

const EXIT_CODE_OF_VERDICT: Readonly<Record<Verdict, number>> = {
  verified: 0,
  invalid: 1,
  malformed: 3,
  untrusted: 4,
  inconclusive: 5,
  error: 6,
};

/** Worst first (verifier-ux 1.1), and the order in which a mixed run chooses its exit code. */
export const VERDICTS_WORST_FIRST: readonly Verdict[] = [
  'invalid',
  'malformed',
  'untrusted',
  'inconclusive',
  'error',
  'verified',
];

/** The rows of `kapsel-verify help exit-codes`. */
export const EXIT_CODE_TABLE: readonly (readonly [code: number, when: string])[] = [
  [0, 'at least one proof was checked, and all are verified'],
  [1, 'any proof is invalid; two tree heads contradict each other'],
  [EXIT_USAGE, 'usage: unknown option, no key, text that is no key, a private key'],
  [EXIT_NO_INPUT, 'any proof is malformed, or there was no proof to check'],
  [4, 'any proof is untrusted: the maths holds, the key is not one you named'],
  [5, 'any proof is inconclusive: a required check cannot be decided offline'],
  [6, 'any input could not be read'],
  [EXIT_INTERNAL, 'internal error of this program'],
  [EXIT_INTERRUPTED, 'interrupted (Ctrl-C); the result is incomplete'],
];

/** The exit code of one verdict. */
export function exitCodeFromVerdict(verdict: Verdict): number {
  return EXIT_CODE_OF_VERDICT[verdict];
}

/** The exit code of a run: 1, 3, 4, 5, 6 in this order; 0 only when there was a proof and all are verified. */
export function exitCodeFromVerdicts(verdicts: readonly Verdict[]): number {
  if (verdicts.length === 0) return EXIT_NO_INPUT;
  const worst = VERDICTS_WORST_FIRST.find((verdict) => verdicts.includes(verdict));
  return exitCodeFromVerdict(worst ?? 'error');
}

/** The exit code of a run that never came to a verdict. */
export function exitCodeFromError(code: ErrorCode): number {
  if (code === 'E_NO_INPUT') return EXIT_NO_INPUT;
  if (code === 'E_INTERNAL') return EXIT_INTERNAL;
  const verdict = verdictOfCode(code);
  return verdict === 'usage' ? EXIT_USAGE : exitCodeFromVerdict(verdict);
}
