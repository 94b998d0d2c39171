/** One proof as a page for a dispute file: verdict, claims, every step, and what it shows. Source of truth: verifier-ux 2.8. @module */
import {
  deliveryLines,
  explainCode,
  headlineOfVerdict,
  leadingFailure,
  levelsText,
} from '@kapsel/verification';
import { PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Result } from '../result.ts';
import { failureText } from './checks.ts';
import { explainLines } from './explain.ts';
import { codeSpan } from './markdown.ts';

/** Markdown; the steps stand in a block of code, where nothing is markup. */
export function explainMarkdown(result: Result, nowMs: number): string {
  const { report, label, digest } = result;
  const failure = leadingFailure(report);
  const delivery = deliveryLines(report);
  const claimed = report.verdict === 'verified' ? '' : ' (claimed by the file, not shown)';
  return [
    `# ${headlineOfVerdict(report.verdict)}`,
    '',
    `- File: ${codeSpan(label)}${digest === null ? '' : `, SHA-256 \`${digest.sha256}\``}`,
    `- Verdict: **${report.verdict}**`,
    `- ${levelsText(report)}`,
    `- Checked by ${PROGRAM_NAME} ${PROGRAM_VERSION}, for the moment ${new Date(nowMs).toISOString()}`,
    ...(report.key === null ? [] : [`- Key id: \`${report.key.keyId}\` (${report.key.source})`]),
    '',
    ...(failure?.code === undefined
      ? []
      : [
          '## What failed',
          '',
          `${codeSpan(failureText(failure))} \`${failure.code}\``,
          '',
          `${explainCode(failure.code).causes} ${explainCode(failure.code).next}`,
          '',
        ]),
    ...(delivery === null
      ? []
      : [
          `## The delivery${claimed}`,
          '',
          ...[delivery.delivered, delivery.timestamp, delivery.status].map(
            (line) => `- ${codeSpan(line)}`,
          ),
          ...(report.claims === null
            ? []
            : [
                `- Attempt ${codeSpan(report.claims.deliveryAttemptId)}, SHA-256 of the body \`${report.claims.payloadHash}\``,
              ]),
          '',
        ]),
    '## Steps',
    '',
    '```text',
    ...explainLines(report).map((line) => line.replaceAll('`', "'")),
    '```',
    '',
  ].join('\n');
}
