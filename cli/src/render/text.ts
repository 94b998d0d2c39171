/** The verdict on one proof: five lines for a good one, what failed and what to do for any other. Source of truth: verifier-ux 2.3 and 2.4. @module */
import {
  type Check,
  deliveryLines,
  describeCheck,
  explainCode,
  headlineOfVerdict,
  leadingFailure,
  levelsText,
  type Report,
} from '@kapsel/verification';
import { isFullLook, type Look } from '../options.ts';
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
  const isPlain = report.levels.join() === 'A' && !isFullLook(look);
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
  const isFull = isFullLook(look);
  const checks = isReached(report.checks) && !isFull ? [checksLine(report.checks)] : [];
  if (failure === null) return [openText(safe(label), report), ...checks];
  return [
    `${safe(label)}: ${failureText(failure)}  [${failure.code}]`,
    ...valueLines(failure, isFull, placeOf(failure, report)).map((line) => `  ${line}`),
    ...checks,
    ...adviceLines(failure, !isExplained),
  ];
}

/** Nothing failed and yet it is not verified: something that is required waits for what is not here. */
function openText(label: string, { checks }: Report): string {
  const pending = checks.find(({ status }) => status === 'pending');
  return pending === undefined ? label : `${label}: ${describeCheck(pending)}`;
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
