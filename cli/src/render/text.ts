/** The verdict on one proof: five lines for a good one, what failed and what to do for any other. Source of truth: verifier-ux 2.3 and 2.4. @module */
import {
  type Check,
  deliveryLines,
  explainCode,
  headlineOfVerdict,
  leadingFailure,
  levelsText,
  type Report,
} from '@kapsel/verification';
import type { Look } from '../options.ts';
import type { Result } from '../result.ts';
import { checksLine, failureText, safe, valueLines } from './checks.ts';
import { glyphOfVerdict } from './glyphs.ts';

/** The whole answer on one proof, without the further lines of `-v` and `--explain`. */
export function verdictBlock(result: Result, look: Look, isExplained: boolean): string[] {
  const { report } = result;
  const glyph = glyphOfVerdict(report.verdict, look.ascii);
  const headline = `${glyph} ${headlineOfVerdict(report.verdict)}`;
  const lines =
    report.verdict === 'verified'
      ? verifiedLines(report, look)
      : failedLines(result, look, isExplained);
  return [look.paint(headline, report.verdict), ...lines.map((line) => `  ${line}`)];
}

/** Byte for byte what the README promises; the line about levels comes only where there is more to say. */
function verifiedLines(report: Report, look: Look): string[] {
  const lines = deliveryLines(report);
  if (lines === null) throw new TypeError('a verified report has claims');
  const isPlain = report.levels.join() === 'A' && look.amount !== 'details';
  return [
    lines.delivered,
    lines.timestamp,
    lines.status,
    lines.signed ?? '',
    ...(isPlain ? [] : [levelsText(report)]),
  ];
}

function failedLines({ label, report }: Result, look: Look, isExplained: boolean): string[] {
  const failure = leadingFailure(report);
  const isFull = look.amount === 'details';
  const checks = isReached(report.checks) && !isFull ? [checksLine(report.checks)] : [];
  if (failure === null) return [safe(label), ...checks];
  return [
    `${safe(label)}: ${failureText(failure)}  [${failure.code}]`,
    ...valuesOf(failure, report, isFull).map((line) => `  ${line}`),
    ...checks,
    ...adviceLines(failure, !isExplained),
  ];
}

/** Nothing was compared in what could not be read. */
function valuesOf(failure: Check, report: Report, isFull: boolean): string[] {
  return failure.code === 'E_IO' ? [] : valueLines(failure, isFull, placeOf(failure, report));
}

/** A root stands for one size: the size belongs beside it. */
function placeOf(failure: Check, report: Report): string {
  return failure.code === 'E_ROOT_MISMATCH' && report.tree !== null
    ? `tree size ${report.tree.treeSize}`
    : '';
}

/** Where nothing passed, a list of everything that was not checked says nothing. */
function isReached(checks: readonly Check[]): boolean {
  return checks.some((check) => check.status === 'pass');
}

/** Likely causes and the next step, in the core's words. */
export function adviceLines(failure: Check, canExplain: boolean): string[] {
  if (failure.code === undefined) return [];
  const { causes, next } = explainCode(failure.code);
  const step = canExplain ? next : next.replace(/ --explain .*$/, '');
  const advice = `Next: ${step.charAt(0).toLowerCase()}${step.slice(1)}`;
  // The system has named the cause already.
  return failure.code === 'E_IO' ? [advice] : [causes, advice];
}
