/** Name, version and addresses of this program. Source of truth: cli/package.json (a test compares). @module */

export const PROGRAM_NAME = 'kapsel-verify';
export const PROGRAM_VERSION = '0.1.0';
/** The commit and the day of a released build; null in a build from a working copy. */
export const PROGRAM_COMMIT: string | null = built().commit;
export const BUILD_DATE: string | null = built().date;
/** SHA-256 of the verifier page that was built with this version; null in the sources, and where none was built. */
export const PAGE_SHA256: string | null = built().pageSha256;
export const INFORMATION_URL = 'https://github.com/kapsel/kapsel';
export const ISSUES_URL = 'https://github.com/kapsel/kapsel/issues';
/** Package formats this version reads. */
export const FORMATS_READ: readonly string[] = ['kapsel.proof/v1'];

interface BuildFacts {
  readonly commit: string | null;
  readonly date: string | null;
  readonly pageSha256: string | null;
}

// The bundler writes it into the command and its executables (cli/scripts); in the sources the name does not exist.
declare const KAPSEL_BUILD: BuildFacts;

function built(): BuildFacts {
  if (typeof KAPSEL_BUILD === 'undefined') return { commit: null, date: null, pageSha256: null };
  return KAPSEL_BUILD;
}
