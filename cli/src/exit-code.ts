/** The exit codes of this program, and the one of a run that never came to a verdict. Source of truth: verifier-ux 2.7. @module */
import {
  type ErrorCode,
  EXIT_INTERRUPTED,
  EXIT_NO_INPUT,
  exitCodeFromVerdict,
  verdictOfCode,
} from '@kapsel/verification';

export const EXIT_USAGE = 2;
export const EXIT_INTERNAL = 70;

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

/** The exit code of a run that never came to a verdict. */
export function exitCodeFromError(code: ErrorCode): number {
  if (code === 'E_NO_INPUT') return EXIT_NO_INPUT;
  if (code === 'E_INTERNAL') return EXIT_INTERNAL;
  const verdict = verdictOfCode(code);
  return verdict === 'usage' ? EXIT_USAGE : exitCodeFromVerdict(verdict);
}
