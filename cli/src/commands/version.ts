/** `kapsel-verify version`: what this program is and what it reads. Source of truth: verifier-ux 2.1. @module */
import { FORMATS_READ, PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import type { Host } from '../host.ts';

/** Name and version on the first line, as `--version` prints it. */
export function tellVersion(host: Host): void {
  host.stdout.write(
    [
      `${PROGRAM_NAME} ${PROGRAM_VERSION}`,
      `runtime  ${host.runtime}`,
      `reads    ${FORMATS_READ.join(', ')}`,
      '',
    ].join('\n'),
  );
}
