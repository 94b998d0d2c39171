/** One line per proof and one line for all, for runs over several inputs. Source of truth: verifier-ux 2.5. @module */
import { leadingFailure, type Verdict } from '@kapsel/verification';
import { VERDICTS_WORST_FIRST } from '../exit-code.ts';
import type { Look } from '../options.ts';
import type { Result } from '../result.ts';
import { failureText, safe } from './checks.ts';
import { glyphOfVerdict } from './glyphs.ts';

// "inconclusive" and two spaces.
const VERDICT_WIDTH = 14;
// Beyond this a name pushes only its own line.
const MAX_LABEL_WIDTH = 48;

/** The width of the column of names. */
export function labelWidth(labels: readonly string[]): number {
  const widest = Math.max(...labels.map((label) => widthOf(safe(label))));
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
  const { claims } = report;
  if (claims === null) return '';
  const status = claims.responseStatus === null ? claims.outcome : String(claims.responseStatus);
  const time = claims.attemptedAt.replace('.000Z', 'Z');
  return `${status.padEnd(3)}  ${safe(time)}  ${safe(claims.endpointUrl)}`;
}

/** What of the run is not in the results themselves. */
export interface RunFacts {
  readonly inputs: number;
  readonly elapsedMs: number;
  readonly isInterrupted: boolean;
}

/** "Checked 4 proofs from 4 files in 0.02 s: 1 verified, 3 invalid. 2 tree heads." The counts add up to the proofs. */
export function summaryLine(results: readonly Result[], run: RunFacts): string {
  const seconds = (run.elapsedMs / 1000).toFixed(2);
  const counts = countsText(results.map(({ report }) => report.verdict));
  const input = results.some(({ label }) => label === 'stdin') ? 'input' : 'file';
  const checked = `${plural(results.length, 'proof')} from ${plural(results.length, input)}`;
  const heads = plural(countHeads(results), 'tree head');
  const verdicts = counts === '' ? '' : `: ${counts}`;
  return run.isInterrupted
    ? `Interrupted, incomplete: checked ${results.length} of ${run.inputs} in ${seconds} s${verdicts}. ${heads}.`
    : `Checked ${checked} in ${seconds} s${verdicts}. ${heads}.`;
}

function countsText(verdicts: readonly Verdict[]): string {
  const shown: readonly Verdict[] = ['verified', ...VERDICTS_WORST_FIRST.slice(0, -1)];
  return shown
    .map((verdict) => [verdicts.filter((other) => other === verdict).length, verdict] as const)
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${verdict}`)
    .join(', ');
}

/** Distinct heads among the packages that could be read, whether or not they verified. */
function countHeads(results: readonly Result[]): number {
  const heads = results.map(({ report: { tree, key } }) =>
    tree === null ? '' : [tree.rootHash, tree.treeSize, tree.timestampMs, key?.keyId].join(' '),
  );
  return new Set(heads.filter((head) => head !== '')).size;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** In characters; a wide script may still shift its own line. */
function widthOf(text: string): number {
  return [...text].length;
}
