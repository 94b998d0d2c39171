/** One step of a GitHub workflow: inputs in, a verdict, outputs, annotations and a summary out. Source of truth: verifier-ux 3.1. @module */
import { randomUUID } from 'node:crypto';
import {
  exitCodeFromVerdict,
  type RunTally,
  VERDICTS_SHOWN,
  type Verdict,
  worstVerdict,
} from '@kapsel/verification';
import { PROGRAM_NAME } from '../about.ts';
import { checkInputs, exitCodeOfOutcome, type Outcome } from '../commands/verify.ts';
import { exitCodeFromError } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { safe } from '../render/checks.ts';
import { tellUsageError } from '../render/usage.ts';
import { UsageError } from '../usage-error.ts';
import { type ActionInputs, parseActionInputs } from './action-inputs.ts';
import { Problems } from './problems.ts';
import { outputsText, tellRunner } from './runner-files.ts';
import { refusalSummary, StepSummary } from './step-summary.ts';
import { annotation, resumeCommands, stopCommands } from './workflow-commands.ts';

/** What the step came to: for the runner's files, and for the end of the process. */
interface StepEnd {
  readonly outputs: Readonly<Record<string, string | number>>;
  readonly annotations: string;
  readonly summary: string;
  readonly exitCode: number;
}

/** Runs the step; the exit code is 0 exactly when nothing that `fail-on` names was found. */
export async function runAction(runner: Host): Promise<number> {
  const host = stepHost(runner);
  const token = randomUUID();
  // What is printed from here on names files and addresses: none of it may speak to the runner.
  host.stdout.write(stopCommands(token));
  const end = await runStep(host);
  host.stdout.write(resumeCommands(token));
  host.stdout.write(end.annotations);
  try {
    await tellRunner(host.env.GITHUB_OUTPUT, outputsText(end.outputs, `end_${randomUUID()}`));
    await tellRunner(host.env.GITHUB_STEP_SUMMARY, end.summary);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tellUsageError(host, error);
    return end.exitCode === 0 ? exitCodeFromError(error.code) : end.exitCode;
  }
  return end.exitCode;
}

/** The runner reads both streams, and in no fixed order: only what stands on one of them can be kept apart. */
function stepHost(runner: Host): Host {
  return { ...runner, stderr: runner.stdout };
}

async function runStep(host: Host): Promise<StepEnd> {
  try {
    return await checkedStep(host, parseActionInputs(host));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tellUsageError(host, error);
    return refusedStep(error);
  }
}

async function checkedStep(host: Host, inputs: ActionInputs): Promise<StepEnd> {
  const problems = new Problems();
  const summary = new StepSummary();
  const outcome = await checkInputs(host, inputs.options, [problems, summary]);
  const { start, run } = outcome;
  const { json, junit, sarif } = inputs.reports;
  return {
    outputs: {
      verdict: run.tally.verdict,
      'exit-code': exitCodeOfOutcome(outcome),
      ...countsOf(run.tally),
      report: json,
      junit,
      sarif,
    },
    annotations: inputs.areAnnotationsWanted ? problems.annotations(inputs.failOn) : '',
    summary: inputs.isSummaryWanted ? summary.text(start, run) : '',
    exitCode: exitCodeOfStep(outcome, inputs.failOn),
  };
}

function countsOf(tally: RunTally | null): Readonly<Record<string, number>> {
  const counts = VERDICTS_SHOWN.map((verdict) => [verdict, tally?.countOf(verdict) ?? 0] as const);
  return { ...Object.fromEntries(counts), total: tally?.proofs ?? 0 };
}

/** Only `untrusted` (4) and `inconclusive` (5) may be let through; what stands behind them in the order may not. */
function exitCodeOfStep(outcome: Outcome, failOn: ReadonlySet<Verdict>): number {
  const { tally, exitCode } = outcome.run;
  if (exitCode !== 4 && exitCode !== 5) return exitCodeOfOutcome(outcome);
  const failing = VERDICTS_SHOWN.filter(
    (verdict) => failOn.has(verdict) && tally.countOf(verdict) > 0,
  );
  if (failing.length > 0) return exitCodeFromVerdict(worstVerdict(failing));
  return outcome.areFilesWritten ? 0 : exitCodeFromError('E_IO');
}

function refusedStep({ message, code }: UsageError): StepEnd {
  const exitCode = exitCodeFromError(code);
  return {
    outputs: {
      verdict: 'error',
      'exit-code': exitCode,
      ...countsOf(null),
      report: '',
      junit: '',
      sarif: '',
    },
    annotations: annotation('error', { title: PROGRAM_NAME }, safe(`${message} [${code}]`)),
    summary: refusalSummary(message, code),
    exitCode,
  };
}
