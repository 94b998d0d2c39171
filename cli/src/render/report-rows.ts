/** What a report for people says of a run: one sentence, the facts, and a row for each proof. Source of truth: verifier-ux 2.2 and 3.1. @module */
import { leadingFailure, VERDICTS_SHOWN, type Verdict } from '@kapsel/verification';
import { PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Result } from '../result.ts';
import type { RunEnd, RunStart } from '../run-facts.ts';
import { failureText } from './checks.ts';
import { codeSpan } from './markdown.ts';

/** All of it may hold text from files: escape it before showing it. */
export interface Row {
  readonly label: string;
  readonly verdict: Verdict;
  readonly what: string;
}

/** The row of one proof. */
export function rowOf({ label, report }: Result): Row {
  const failure = leadingFailure(report);
  const pending = report.checks.find(({ status }) => status === 'pending')?.reason;
  const what =
    failure !== null
      ? `${failureText(failure)} [${failure.code}]`
      : report.verdict === 'verified' && report.claims !== null
        ? `${report.claims.responseStatus ?? report.claims.outcome} ${report.claims.attemptedAt} ${report.claims.endpointUrl}`
        : (pending ?? '');
  return { label, verdict: report.verdict, what };
}

/** "2 of 4 proofs are not verified": the run in one sentence. */
export function titleOf({ tally, stop }: RunEnd): string {
  if (stop !== null) return 'Incomplete: the run was stopped';
  if (tally.proofs > 0 && tally.notVerified === 0) return 'All proofs are verified';
  return `${tally.notVerified} of ${tally.proofs} proofs are not verified`;
}

/** What a reader must know beside the rows: the counts, whose keys, what was required, who checked and when. */
export function factsOf(start: RunStart, run: RunEnd): readonly string[] {
  const { tally } = run;
  const counts = VERDICTS_SHOWN.map((verdict) => `${tally.countOf(verdict)} ${verdict}`).join(', ');
  const keys = start.keys.map(({ keyId, name }) => (name === null ? keyId : `${name} ${keyId}`));
  return [
    `${tally.proofs} proofs from ${run.files} files: ${counts}. ${tally.heads} tree heads.`,
    `Keys: ${keys.join('; ')}`,
    ...(start.requirements.texts.length === 0
      ? []
      : [`Required: ${start.requirements.texts.join(', ')}`]),
    `Checked by ${PROGRAM_NAME} ${PROGRAM_VERSION} for the moment ${new Date(start.startedMs).toISOString()}; exit code ${run.exitCode}`,
    'Verified means level A: the log whose key was pinned has recorded the attempt with these fields. It does not say that the receiver processed it.',
  ];
}

/** The first two lines of the table in Markdown. */
export const TABLE_HEAD: readonly string[] = ['| proof | verdict | |', '| --- | --- | --- |'];

/** One line of that table. */
export function markdownRow({ label, verdict, what }: Row): string {
  return `| ${codeSpan(label)} | ${verdict} | ${codeSpan(what)} |`;
}
