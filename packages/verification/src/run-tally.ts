/** The counts of a run over many packages: they add up, and verdict and exit code follow from them. Source of truth: verifier-ux 2.5 and 2.7. @module */
import type { Verdict } from './errors.ts';
import type { Report } from './report.ts';
import { worstVerdict } from './report.ts';

/** The verdicts in the order in which a summary counts them. */
export const VERDICTS_SHOWN: readonly Verdict[] = [
  'verified',
  'invalid',
  'malformed',
  'untrusted',
  'inconclusive',
  'error',
];

/** The exit code of a run in which there was no proof to check, or one was malformed. */
export const EXIT_NO_INPUT = 3;
/** The exit code of a run that was interrupted. */
export const EXIT_INTERRUPTED = 130;

const EXIT_CODE_OF_VERDICT: Readonly<Record<Verdict, number>> = {
  verified: 0,
  invalid: 1,
  malformed: EXIT_NO_INPUT,
  untrusted: 4,
  inconclusive: 5,
  error: 6,
};

// A head is some hundred bytes here; a run with more distinct heads than this says "at least".
const MAX_HEADS = 200_000;

/**
 * The exit code of one verdict.
 * @example exitCodeFromVerdict('untrusted') // 4
 */
export function exitCodeFromVerdict(verdict: Verdict): number {
  return EXIT_CODE_OF_VERDICT[verdict];
}

/** Owns the counts while a run goes on: whoever checks a package adds its report. */
export class RunTally {
  readonly #counts = new Map<Verdict, number>();
  proofs: number = 0;
  #isAnyMissing = false;
  readonly #heads = new Set<string>();

  add(report: Report): void {
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
    return worstVerdict(VERDICTS_SHOWN.filter((verdict) => this.countOf(verdict) > 0));
  }

  /** 1, 3, 4, 5, 6 in this order; an input without any proof counts as 3. 0 only where there was a proof and all are verified. */
  exitCode(isInterrupted: boolean): number {
    if (isInterrupted) return EXIT_INTERRUPTED;
    const code = this.proofs === 0 ? EXIT_NO_INPUT : exitCodeFromVerdict(this.verdict);
    return this.#isAnyMissing && code !== EXIT_CODE_OF_VERDICT.invalid ? EXIT_NO_INPUT : code;
  }
}
