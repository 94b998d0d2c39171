/** Name, version and addresses of this program. Source of truth: cli/package.json (a test compares). @module */

export const PROGRAM_NAME = 'kapsel-verify';
export const PROGRAM_VERSION = '0.1.0';
/** The commit and the day of a released build; null in a build from a working copy. */
export const PROGRAM_COMMIT: string | null = null;
export const BUILD_DATE: string | null = null;
/** SHA-256 of the verifier page that was released with this version. */
export const PAGE_SHA256: string | null = null;
export const INFORMATION_URL = 'https://github.com/kapsel/kapsel';
export const ISSUES_URL = 'https://github.com/kapsel/kapsel/issues';
/** Package formats this version reads. */
export const FORMATS_READ: readonly string[] = ['kapsel.proof/v1'];
