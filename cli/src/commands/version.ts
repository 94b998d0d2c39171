/** `kapsel-verify version`: what this program is and what it reads. Source of truth: verifier-ux 2.1. @module */
import {
  BUILD_DATE,
  FORMATS_READ,
  PAGE_SHA256,
  PROGRAM_COMMIT,
  PROGRAM_NAME,
  PROGRAM_VERSION,
} from '../about.ts';
import type { Host } from '../host.ts';

/** Name and version on the first line, as `--version` prints it; the same facts as JSON. */
export function tellVersion(host: Host, isJson: boolean): void {
  if (isJson) {
    const facts = {
      name: PROGRAM_NAME,
      version: PROGRAM_VERSION,
      commit: PROGRAM_COMMIT,
      built: BUILD_DATE,
      runtime: host.runtime,
      formats: FORMATS_READ,
      page_sha256: PAGE_SHA256,
    };
    host.stdout.write(`${JSON.stringify(facts)}\n`);
    return;
  }
  host.stdout.write(
    [
      `${PROGRAM_NAME} ${PROGRAM_VERSION}`,
      `commit   ${PROGRAM_COMMIT ?? 'built from a working copy'}`,
      ...(BUILD_DATE === null ? [] : [`built    ${BUILD_DATE}`]),
      `runtime  ${host.runtime}`,
      `reads    ${FORMATS_READ.join(', ')}`,
      `page     ${PAGE_SHA256 === null ? 'built without one' : `SHA-256 ${PAGE_SHA256}`}`,
      '',
    ].join('\n'),
  );
}
