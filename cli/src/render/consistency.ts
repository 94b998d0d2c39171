/** The verdict on two tree heads. Source of truth: verifier-ux 2.9. @module */
import {
  type ConsistencyReport,
  describeCheck,
  type ErrorCode,
  leadingFailure,
  type Verdict,
} from '@kapsel/verification';
import { isFullLook, type Look } from '../options.ts';
import { checksLine, safe, valueLines } from './checks.ts';
import { timeText } from './details.ts';
import { glyphOfVerdict } from './glyphs.ts';
import { adviceLines } from './text.ts';

const HEADLINES: Readonly<Record<Verdict, string>> = {
  verified: 'The tree heads are consistent',
  invalid: 'Tree head verification failed',
  malformed: 'Not readable tree heads',
  untrusted: 'Tree heads not trusted',
  inconclusive: 'Consistency not decided',
  error: 'Could not read',
};

// Two heads with good signatures that cannot both be true.
const CONTRADICTIONS: readonly ErrorCode[] = ['E_CONSISTENCY', 'E_ROLLBACK', 'E_SPLIT_VIEW'];

// Heads of two sizes say nothing about each other by themselves, and two logs never do.
const NEXT_WITHOUT_PROOF =
  'Next: take two heads of one log; where their sizes differ, give the consistency proof with --proof.';

/** Both heads, and what their relation is. */
export function consistencyLines(report: ConsistencyReport, look: Look): string[] {
  const failure = leadingFailure(report);
  const contradicts = CONTRADICTIONS.some((code) => code === failure?.code);
  const words = contradicts ? 'The tree heads contradict each other' : HEADLINES[report.verdict];
  const headline = `${glyphOfVerdict(report.verdict, look.ascii)} ${words}`;
  const isFull = isFullLook(look);
  const isReached = report.old !== null;
  const lines: string[] = [];
  if (failure !== null) {
    lines.push(`${describeCheck(failure)}  [${failure.code}]`);
    lines.push(...valueLines(failure, isFull).map((line) => `  ${line}`));
  }
  lines.push(...headLines(report, isFull));
  if (report.verdict === 'verified') lines.push(meaningOf(report));
  if (isReached && (isFull || report.verdict !== 'verified')) lines.push(checksLine(report.checks));
  if (failure !== null) lines.push(...adviceLines(failure, false));
  if (report.verdict === 'inconclusive') lines.push(NEXT_WITHOUT_PROOF);
  return [look.paint(headline, report.verdict), ...lines.map((line) => `  ${line}`)];
}

function headLines(report: ConsistencyReport, isFull: boolean): string[] {
  return (['old', 'new'] as const).flatMap((which) => {
    const facts = report[which];
    if (facts === null) return [];
    const line = `${which}  size ${facts.treeSize} at ${timeText(facts.timestampMs)}, ${safe(facts.log)}`;
    return isFull ? [line, `     root ${facts.rootHash}`] : [line];
  });
}

function meaningOf(report: ConsistencyReport): string {
  return report.old?.treeSize === report.new?.treeSize
    ? 'Both heads are of the same tree.'
    : 'Every leaf of the old tree stands unchanged, in its place, in the new one.';
}
