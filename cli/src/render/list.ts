/** One line per proof and one line for all, for runs over several inputs. Source of truth: verifier-ux 2.5. @module */
import { leadingFailure, type RunTally, VERDICTS_SHOWN } from '@kapsel/verification';
import type { Look } from '../options.ts';
import type { Result } from '../result.ts';
import type { RunEnd } from '../run-facts.ts';
import { failureText, safe } from './checks.ts';
import { glyphOfVerdict } from './glyphs.ts';

// "inconclusive" and two spaces.
const VERDICT_WIDTH = 14;
// Beyond this a name pushes only its own line.
const MAX_LABEL_WIDTH = 48;

/** The width of the column of names. */
export function labelWidth(labels: readonly string[]): number {
  const widest = Math.max(0, ...labels.map((label) => widthOf(safe(label))));
  return Math.min(widest, MAX_LABEL_WIDTH);
}

/** "✓ proofs/a.json   verified A    200  2024-01-15T10:30:45Z  https://example.com/webhook" */
export function listLine(result: Result, width: number, look: Look): string {
  const { report } = result;
  const label = safe(result.label);
  const padded = label + ' '.repeat(Math.max(0, width - widthOf(label)));
  const verdict = `${report.verdict} ${report.levels.join('+')}`.trim();
  const glyph = glyphOfVerdict(report.verdict, look.ascii);
  const words = `${verdict.padEnd(VERDICT_WIDTH - 1)} `;
  return `${look.paint(glyph, report.verdict)} ${padded}  ${look.paint(words, report.verdict)}${factsOf(result)}`;
}

function factsOf({ report }: Result): string {
  const failure = leadingFailure(report);
  if (failure !== null) return `${failureText(failure)}  [${failure.code}]`;
  const pending = report.checks.find(({ status }) => status === 'pending');
  if (pending?.reason !== undefined) return safe(pending.reason);
  const { claims } = report;
  if (claims === null) return '';
  const status = claims.responseStatus === null ? claims.outcome : String(claims.responseStatus);
  const time = claims.attemptedAt.replace('.000Z', 'Z');
  return `${status.padEnd(3)}  ${safe(time)}  ${safe(claims.endpointUrl)}`;
}

/** What a summary tells. */
export interface SummaryFacts {
  readonly tally: RunTally;
  readonly inputs: number;
  readonly files: number;
  readonly skippedCount: number;
  readonly elapsedMs: number;
  readonly stop: RunEnd['stop'];
  /** One of the inputs is standard input, which is no file. */
  readonly isStream: boolean;
}

/** "Checked 4 proofs from 4 files in 0.02 s: 1 verified, 3 invalid. 2 tree heads." The counts add up to the proofs. */
export function summaryLine(run: SummaryFacts): string {
  const { tally } = run;
  const seconds = (run.elapsedMs / 1000).toFixed(2);
  const counts = countsText(tally);
  const checked = `${plural(tally.proofs, 'proof')} from ${plural(run.files, run.isStream ? 'input' : 'file')}`;
  const verdicts = counts === '' ? '' : `: ${counts}`;
  const skipped =
    run.skippedCount === 0 ? '' : ` ${plural(run.skippedCount, 'other file')} skipped.`;
  const start = STARTS[run.stop ?? 'none'];
  return `${start} ${checked} in ${seconds} s${verdicts}. ${plural(tally.heads, 'tree head')}.${skipped}`;
}

const STARTS: Readonly<Record<NonNullable<RunEnd['stop']> | 'none', string>> = {
  none: 'Checked',
  interrupted: 'Interrupted, incomplete: checked',
  'stdout-closed': 'Stopped, incomplete: checked',
  'fail-fast': 'Stopped at the first that is not verified: checked',
};

function countsText(tally: RunTally): string {
  return VERDICTS_SHOWN.filter((verdict) => tally.countOf(verdict) > 0)
    .map((verdict) => `${tally.countOf(verdict)} ${verdict}`)
    .join(', ');
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** In characters; a wide script may still shift its own line. */
function widthOf(text: string): number {
  return [...text].length;
}
