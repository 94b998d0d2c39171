/** A run as a page to keep or to hand on, in HTML or Markdown. Source of truth: verifier-ux 2.2. @module */
import { leadingFailure, type Verdict } from '@kapsel/verification';
import { PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Result } from '../result.ts';
import type { RunEnd, RunStart, View } from '../run-facts.ts';
import { VERDICTS_SHOWN } from '../tally.ts';
import { failureText } from './checks.ts';
import { codeSpan, html } from './markdown.ts';

// A page with more rows is of no use to a person; the counts are always of the whole run.
const MAX_ROWS = 5_000;

interface Row {
  readonly label: string;
  readonly verdict: Verdict;
  readonly what: string;
}

/** Collects the rows, those that are not verified first, and writes the page at the end. */
export function reportPageView(
  form: 'html' | 'md',
  start: RunStart,
  write: (text: string) => void,
): View {
  const bad: Row[] = [];
  const good: Row[] = [];
  return {
    add: (result) => {
      const rows = result.report.verdict === 'verified' ? good : bad;
      if (rows.length < MAX_ROWS) rows.push(rowOf(result));
    },
    end: (run) => {
      const rows = [...bad, ...good].slice(0, MAX_ROWS);
      const facts = factsOf(start, run, rows.length);
      write(form === 'html' ? pageHtml(run, facts, rows) : pageMarkdown(run, facts, rows));
    },
  };
}

function rowOf({ label, report }: Result): Row {
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

function titleOf({ tally, stop }: RunEnd): string {
  if (stop !== null) return 'Incomplete: the run was stopped';
  if (tally.proofs > 0 && tally.notVerified === 0) return 'All proofs are verified';
  return `${tally.notVerified} of ${tally.proofs} proofs are not verified`;
}

function factsOf(start: RunStart, run: RunEnd, rows: number): readonly string[] {
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
    ...(rows < tally.proofs ? [`The first ${rows} are listed, those not verified first.`] : []),
    'Verified means level A: the log whose key was pinned has recorded the attempt with these fields. It does not say that the receiver processed it.',
  ];
}

function pageMarkdown(run: RunEnd, facts: readonly string[], rows: readonly Row[]): string {
  return [
    `# ${titleOf(run)}`,
    '',
    ...facts.map((fact) => `- ${codeSpan(fact)}`),
    '',
    '| proof | verdict | |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ label, verdict, what }) => `| ${codeSpan(label)} | ${verdict} | ${codeSpan(what)} |`,
    ),
    '',
  ].join('\n');
}

function pageHtml(run: RunEnd, facts: readonly string[], rows: readonly Row[]): string {
  const title = html(titleOf(run));
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${title}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>${title}</h1>`,
    `<ul>${facts.map((fact) => `<li>${html(fact)}</li>`).join('')}</ul>`,
    '<table><thead><tr><th scope="col">Proof</th><th scope="col">Verdict</th><th scope="col">Why</th></tr></thead><tbody>',
    ...rows.map(
      ({ label, verdict, what }) =>
        `<tr class="${verdict}"><td>${html(label)}</td><td>${verdict}</td><td>${html(what)}</td></tr>`,
    ),
    '</tbody></table></body></html>',
    '',
  ].join('\n');
}

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}' +
  'table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886;overflow-wrap:anywhere;vertical-align:top}' +
  'td:nth-child(2){font-weight:600;white-space:nowrap}.invalid td:nth-child(2){text-decoration:underline}';
