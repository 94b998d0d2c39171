/** What of a run is told as annotations: the first problems one by one, the others as a number. Source of truth: verifier-ux 3.1. @module */
import { type Check, explainCode, leadingFailure, type Verdict } from '@kapsel/verification';
import { PROGRAM_NAME } from '../about.ts';
import { failureText, safeWithin } from '../render/checks.ts';
import type { Result } from '../result.ts';
import type { View } from '../run-facts.ts';
import { type AnnotationPlace, annotation } from './workflow-commands.ts';

// A runner shows so many of one step, and drops the rest without a word.
const MAX_ANNOTATIONS = 10;
const MAX_CHARACTERS = 1_000;

interface Problem {
  readonly verdict: Verdict;
  readonly place: AnnotationPlace;
  readonly message: string;
}

/** Collects while the run goes on. */
export class Problems implements View {
  readonly #first: Problem[] = [];
  #count = 0;

  add(result: Result): void {
    if (result.report.verdict === 'verified') return;
    this.#count++;
    if (this.#first.length < MAX_ANNOTATIONS) this.#first.push(problemOf(result));
  }

  end(): void {}

  /** The lines for the runner: an error where the verdict fails the step, else a warning. */
  annotations(failOn: ReadonlySet<Verdict>): string {
    const isAll = this.#count <= MAX_ANNOTATIONS;
    const shown = isAll ? this.#first : this.#first.slice(0, MAX_ANNOTATIONS - 1);
    const rest = this.#count - shown.length;
    const lines = shown.map(({ verdict, place, message }) =>
      annotation(failOn.has(verdict) ? 'error' : 'warning', place, message),
    );
    if (rest === 0) return lines.join('');
    const more = `${rest} more proofs are not verified: they stand in the log, and in the reports.`;
    return `${lines.join('')}${annotation('warning', { title: PROGRAM_NAME }, more)}`;
  }
}

function problemOf({ place, label, report }: Result): Problem {
  const failure = leadingFailure(report);
  const pending = report.checks.find(({ status }) => status === 'pending')?.reason;
  const what =
    failure === null
      ? (pending ?? 'not decided')
      : `${failureText(failure)} [${failure.code}]${nextStep(failure)}`;
  const isWhole = place.entry === null && place.line === null;
  return {
    verdict: report.verdict,
    place: {
      title: `${PROGRAM_NAME}: ${report.verdict}`,
      file: safeWithin(isWhole ? label : place.path, MAX_CHARACTERS),
      ...(place.line === null ? {} : { line: place.line }),
    },
    message: `${safeWithin(label, MAX_CHARACTERS)}: ${safeWithin(what, MAX_CHARACTERS)}`,
  };
}

function nextStep({ code }: Check): string {
  return code === undefined ? '' : ` ${explainCode(code).next}`;
}
