/** `kapsel-verify help TOPIC`: exit codes, error codes, formats, the manual page. Source of truth: verifier-ux 1.4 and 2.7. @module */

import { ERROR_CODES, explainCode, RUN_REPORT_FORMAT, verdictOfCode } from '@kapsel/verification';
import type { Command } from 'commander';
import { FORMATS_READ } from '../about.ts';
import { EXIT_CODE_TABLE, exitCodeFromError } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { EXPLAIN_FORMAT } from '../render/explain-json.ts';
import { TRUST_FORMAT } from '../trust-file.ts';
import { STATE_FORMAT } from '../watch-state.ts';
import { MANIFEST_FORMAT } from './bundle.ts';
import { manPage } from './man-page.ts';

/** The topics and what makes their text. */
export const HELP_TOPICS: Readonly<Record<HelpTopic, (program: Command) => string>> = {
  'exit-codes': exitCodesText,
  codes: codesText,
  formats: formatsText,
  man: manPage,
};

export type HelpTopic = 'exit-codes' | 'codes' | 'formats' | 'man';

/** Prints one topic. */
export function tellHelpTopic(host: Host, topic: HelpTopic, program: Command): void {
  host.stdout.write(HELP_TOPICS[topic](program));
}

function exitCodesText(): string {
  const rows = EXIT_CODE_TABLE.map(([code, when]) => `${String(code).padStart(5)}  ${when}`);
  return [
    'Exit codes. A run over several proofs ends with the first that applies of 70, 1, 3, 4, 5, 6.',
    ...rows,
    '',
  ].join('\n');
}

/** Codes that belong to parts this version does not check are listed too: they are stable, and a script may name them. */
function codesText(): string {
  const rows = ERROR_CODES.map((code) => {
    const exit = String(exitCodeFromError(code)).padStart(2);
    const verdict = verdictOfCode(code).padEnd(12);
    return `  ${code.padEnd(18)}  ${exit}  ${verdict}  ${explainCode(code).what}`;
  });
  return [`  ${'code'.padEnd(16)}  exit  ${'verdict'.padEnd(12)}  what it says`, ...rows, ''].join(
    '\n',
  );
}

function formatsText(): string {
  const rows: readonly (readonly [string, string])[] = [
    [FORMATS_READ.join(', '), 'proof packages, read'],
    ['.json', 'one package a file'],
    ['.ndjson .jsonl', 'one package a line'],
    ['.zip', 'packages in an archive; stored or deflated, no archive inside'],
    ['.gz', 'any of the first three, packed'],
    ['-', 'standard input: any of these, told by its first bytes'],
    [TRUST_FORMAT, 'trust files, read and written (keys)'],
    [RUN_REPORT_FORMAT, 'reports, written (--json)'],
    [EXPLAIN_FORMAT, 'steps of the calculation, written (--explain=json)'],
    [MANIFEST_FORMAT, 'the list of packages in a bundle, written (bundle pack)'],
    [STATE_FORMAT, 'heads seen so far, read and written (watch)'],
  ];
  return rows.map(([name, what]) => `  ${name.padEnd(26)}  ${what}\n`).join('');
}
