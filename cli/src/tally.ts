/** The counts of a run: they add up, and the exit code follows from them. Source of truth: verifier-ux 2.5 and 2.7. @module */
import { type Verdict, worstVerdict } from '@kapsel/verification';
import { EXIT_INTERRUPTED, EXIT_NO_INPUT, exitCodeFromVerdicts } from './exit-code.ts';
import type { Result } from './result.ts';

export const VERDICTS_SHOWN: readonly Verdict[] = [
  'verified',
  'invalid',
  'malformed',
  'untrusted',
  'inconclusive',
  'error',
];

// A head is some hundred bytes here; a run with more distinct heads than this says "at least".
const MAX_HEADS = 200_000;

/** Owns the counts while a run goes on. */
export class Tally {
  readonly #counts = new Map<Verdict, number>();
  proofs: number = 0;
  #isAnyMissing = false;
  readonly #heads = new Set<string>();

  add({ report }: Result): void {
    this.proofs++;
    this.#counts.set(report.verdict, this.countOf(report.verdict) + 1);
    if (report.checks.some(({ code }) => code === 'E_NO_INPUT')) this.#isAnyMissing = true;
    const { tree, key } = report;
    if (tree === null || this.#heads.size >= MAX_HEADS) return;
    this.#heads.add([tree.rootHash, tree.treeSize, tree.timestampMs, key?.keyId].join(' '));
  }

  countOf(verdict: Verdict): number {
    return this.#counts.get(verdict) ?? 0;
  }

  /** Distinct heads among the packages that could be read, whether or not they verified. */
  get heads(): number {
    return this.#heads.size;
  }

  get notVerified(): number {
    return this.proofs - this.countOf('verified');
  }

  /** The worst of all. */
  get verdict(): Verdict {
    return worstVerdict(this.#found());
  }

  /** 1, 3, 4, 5, 6 in this order; an input without any proof counts as 3. */
  exitCode(isInterrupted: boolean): number {
    if (isInterrupted) return EXIT_INTERRUPTED;
    const code = exitCodeFromVerdicts(this.#found());
    return this.#isAnyMissing && code !== 1 ? EXIT_NO_INPUT : code;
  }

  #found(): Verdict[] {
    return VERDICTS_SHOWN.filter((verdict) => this.countOf(verdict) > 0);
  }
}
