/** What people read: headlines, one line per check, levels, and the lines about the delivery. Command line and page print these. @module */
import type { CodeWords } from './code-words.ts';
import { wordsOfCode } from './code-words.ts';
import { escapeForDisplay } from './display-escape.ts';
import type { ErrorCode, Verdict } from './errors.ts';
import type { Check, CheckId, Claims, KeyFacts, KeyStatementFacts, Report } from './report.ts';
import type { BrokenRule } from './rule-words.ts';
import { wordsOfValues } from './rule-words.ts';

/** The lines that tell of one delivery, escaped and ready to print. */
export interface DeliveryLines {
  /** `Webhook delivered to https://…` */
  readonly delivered: string;
  /** `Timestamp: 2024-01-15T10:30:45Z` */
  readonly timestamp: string;
  /** `HTTP status: 200` */
  readonly status: string;
  /** `Cryptographically signed by …`; null unless the verdict is `verified`. */
  readonly signed: string | null;
}

/** What was wanted and what was found; a check may have neither. */
export interface ValueWords {
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

const HEADLINES: Readonly<Record<Verdict, string>> = {
  verified: 'Proof verified successfully!',
  invalid: 'Proof verification failed',
  malformed: 'Not a readable proof package',
  untrusted: 'Proof not trusted',
  inconclusive: 'Proof not decided',
  error: 'Could not read',
};
const DEFAULT_SIGNER = 'Kapsel';
const KEY_ID_DIGITS_SHOWN = 16;

/**
 * What failed, where to look, how the values are called, likely causes, and what to do next.
 * @example explainCode('E_ROOT_MISMATCH').what // 'the path leads to another root'
 */
export function explainCode(code: ErrorCode): CodeWords {
  return wordsOfCode(code);
}

/**
 * The first line of a result. Only `verified` gets the words "verified successfully".
 * @example headlineOfVerdict('untrusted') // 'Proof not trusted'
 */
export function headlineOfVerdict(verdict: Verdict): string {
  return HEADLINES[verdict];
}

/**
 * One check in one line, escaped.
 * @example describeCheck(check) // 'inclusion - the path leads to another root'
 */
export function describeCheck(check: Check): string {
  switch (check.status) {
    case 'pass':
      return `${check.id} - passed${noteOf(check)}`;
    case 'fail':
      return `${check.id} - ${describeFailure(check)}${noteOf(check)}`;
    case 'pending':
      return `${check.id} - pending: ${escapeForDisplay(check.reason ?? 'not decided yet')}`;
    case 'skipped':
      return `${check.id} - skipped: ${escapeForDisplay(check.reason ?? 'not asked for')}`;
  }
}

function noteOf(check: Check): string {
  return check.reason === undefined ? '' : ` (${escapeForDisplay(check.reason)})`;
}

function describeFailure(check: Check): string {
  if (check.code === undefined) return 'failed';
  if (check.code === 'E_VERSION' && check.actual !== undefined && check.expected !== undefined) {
    const versionRead = check.expected.slice(check.expected.lastIndexOf('/') + 1);
    return `written in format ${escapeForDisplay(check.actual)}; this program reads ${versionRead}`;
  }
  const { what } = wordsOfCode(check.code);
  return check.code === 'E_JSON' && check.field !== undefined
    ? `${what} at ${escapeForDisplay(check.field)}`
    : what;
}

/**
 * Both values of a failed check, or of a refusal, as people read them; not escaped. `explainCode` has their names.
 * @example describeValues(check).expected // 'lower-case hex digits'
 */
export function describeValues(check: BrokenRule): ValueWords {
  return wordsOfValues(check);
}

/**
 * Which levels were shown, and what was not: never more than was checked.
 * @example levelsText(report) // 'Level A: logged. No receipt from the destination, no Bitcoin anchor.'
 */
export function levelsText(report: Report): string {
  if (report.levels.length === 0)
    return 'No level: nothing is shown by a proof that is not verified.';
  const meanings = { A: 'logged', B: 'received', C: anchoredText(report) } as const;
  const shown = report.levels.map((level) => meanings[level]).join('; ');
  const receipt = missing(report, 'receipt', 'receipt from the destination');
  const anchor = missing(report, 'anchor', 'Bitcoin anchor');
  const notShown = [receipt, anchor].filter((text) => text !== null).join(', ');
  const rest = notShown === '' ? '' : ` ${notShown.charAt(0).toUpperCase()}${notShown.slice(1)}.`;
  return `Level ${report.levels.join('+')}: ${shown}.${rest}`;
}

/** `existed before Bitcoin block 358391 (block time about 2015-05-28; header you gave)` */
function anchoredText({ checks }: Report): string {
  return checks.find(({ id }) => id === 'anchor')?.reason ?? 'anchored';
}

function missing(report: Report, id: CheckId, name: string): string | null {
  const check = report.checks.find((each) => each.id === id);
  if (check?.status === 'pass') return null;
  if (check?.code === 'E_ANCHOR_HEADER') return `${name} not decided: block header not given`;
  if (check?.status === 'pending') return `${name} pending`;
  const isAbsent = check?.reason === undefined || check.reason === 'none in the file';
  return isAbsent ? `no ${name}` : `${name} ${check.reason}`;
}

/**
 * The lines about the delivery, or null where the leaf could not be read. Unless the report is `verified` they are
 * claims of the file: say so beside them.
 * @example deliveryLines(report)?.delivered // 'Webhook delivered to https://example.com/webhook'
 */
export function deliveryLines(report: Report): DeliveryLines | null {
  const { claims } = report;
  if (claims === null) return null;
  return {
    delivered: `${deliveryVerb(claims)} to ${escapeForDisplay(claims.endpointUrl)}`,
    timestamp: `Timestamp: ${claims.attemptedAt.replace('.000Z', 'Z')}`,
    status: `HTTP status: ${statusText(claims)}`,
    signed: report.verdict === 'verified' && report.key !== null ? signedLine(report.key) : null,
  };
}

function deliveryVerb(claims: Claims): string {
  switch (claims.outcome) {
    case 'delivered':
      return 'Webhook delivered';
    case 'rejected':
    case 'failed':
      return 'Delivery attempted';
    case 'unknown':
      return 'Delivery started';
  }
}

function statusText(claims: Claims): string {
  if (claims.responseStatus !== null) return `${claims.responseStatus}`;
  return claims.outcome === 'unknown'
    ? 'unknown (the sender stopped in between)'
    : 'none (no response)';
}

// A name counts only as what the user calls the key, so its fingerprint stands beside it.
function signedLine({ name, keyId, source, statements }: KeyFacts): string {
  const signer = `Cryptographically signed by ${escapeForDisplay(name ?? DEFAULT_SIGNER)}`;
  if (source === 'chain') return `${signer} (key ${shortKeyId(keyId)}, ${wayText(statements)})`;
  return name === null ? signer : `${signer} (key ${shortKeyId(keyId)})`;
}

// A statement that is not shown to be in the log could be by a thief of the key before: then the line says so.
function wayText(statements: readonly KeyStatementFacts[]): string {
  const from = shortKeyId((statements[0] as KeyStatementFacts).previousKeyId);
  const areLogged = statements.every(({ isLogged }) => isLogged);
  const noun = statements.length === 1 ? 'statement' : 'statements';
  return areLogged
    ? `reached from ${from} by ${statements.length} logged ${noun}`
    : `reached from ${from} by ${statements.length} signed ${noun}, not all shown in the log`;
}

/**
 * The first 16 hex digits of a key id in groups of four.
 * @example shortKeyId('9f8e7d6c5b4a3928…') // '9f8e 7d6c 5b4a 3928'
 */
export function shortKeyId(keyId: string): string {
  const groups = keyId.slice(0, KEY_ID_DIGITS_SHOWN).match(/.{1,4}/g) ?? [];
  return groups.join(' ');
}
