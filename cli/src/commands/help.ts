/** `kapsel-verify help exit-codes` and `help codes`. Source of truth: verifier-ux 1.4 and 2.7. @module */
import { ERROR_CODES, explainCode, verdictOfCode } from '@kapsel/verification';
import { EXIT_CODE_TABLE, exitCodeFromError } from '../exit-code.ts';
import type { Host } from '../host.ts';

/** The topics and what makes their text. */
export const HELP_TOPICS: Readonly<Record<HelpTopic, () => string>> = {
  'exit-codes': exitCodesText,
  codes: codesText,
};

export type HelpTopic = 'exit-codes' | 'codes';

/** Prints one topic. */
export function tellHelpTopic(host: Host, topic: HelpTopic): void {
  host.stdout.write(HELP_TOPICS[topic]());
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
