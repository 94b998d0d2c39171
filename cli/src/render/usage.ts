/** Usage and I/O messages, always on stderr. Source of truth: verifier-ux 2.4. @module */
import { type ErrorCode, escapeForDisplay } from '@kapsel/verification';
import { PROGRAM_NAME } from '../about.ts';
import type { Host } from '../host.ts';
import type { UsageError } from '../usage-error.ts';

/** "kapsel-verify: what happened  [CODE]" and the hints under it. */
export function tellUsageError(host: Host, error: UsageError): void {
  tellProblem(host, error.message, error.code);
  for (const hint of error.hints) host.stderr.write(`  ${escapeForDisplay(hint)}\n`);
  if (error.code === 'E_USAGE') host.stderr.write(`  Try: ${PROGRAM_NAME} --help\n`);
}

/** One line about one problem. */
export function tellProblem(host: Host, message: string, code: ErrorCode): void {
  host.stderr.write(`${PROGRAM_NAME}: ${escapeForDisplay(message)}  [${code}]\n`);
}
