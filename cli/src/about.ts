/** Name, version and addresses of this program. Source of truth: cli/package.json (a test compares). @module */

export const PROGRAM_NAME = 'kapsel-verify';
export const PROGRAM_VERSION = '0.1.0';
export const ISSUES_URL = 'https://github.com/kapsel/kapsel/issues';
/** Package formats this version reads. */
export const FORMATS_READ: readonly string[] = ['kapsel.proof/v1'];
