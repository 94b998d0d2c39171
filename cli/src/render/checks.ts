/** Checks and their values as lines of text; shared by every view of a report. Source of truth: verifier-ux 1.3 and 2.4. @module */
import {
  type Check,
  type CheckId,
  type CheckStatus,
  describeCheck,
  describeValues,
  escapeForDisplay,
  explainCode,
} from '@kapsel/verification';

const STATUS_WORDS: readonly (readonly [status: CheckStatus, word: string])[] = [
  ['pass', 'Passed'],
  ['fail', 'Failed'],
  ['pending', 'Pending'],
  ['skipped', 'Skipped'],
];

// Skipped only because the user asked for nothing of the kind: said with `-v` alone.
const ON_REQUEST: readonly CheckId[] = ['payload', 'policy'];

/** "Passed: format, leaf.   Failed: inclusion.   Skipped: receipt, anchor (none in the file)." */
export function checksLine(checks: readonly Check[]): string {
  const asked = checks.filter(({ id, status }) => status !== 'skipped' || !ON_REQUEST.includes(id));
  return checkGroups(asked)
    .map(([word, names]) => `${word}: ${names}.`)
    .join('   ');
}

/** The same in pairs, one for each status that occurs: ["Passed", "format, leaf"]. */
export function checkGroups(checks: readonly Check[]): readonly (readonly [string, string])[] {
  return STATUS_WORDS.map(([status, word]) => {
    const some = checks.filter((check) => check.status === status);
    return [word, checkNames(some)] as const;
  }).filter(([, names]) => names !== '');
}

/** Names in order; those with one reason stand together in front of it. */
function checkNames(checks: readonly Check[]): string {
  const groups = new Map<string, string[]>();
  for (const { id, reason } of checks) {
    const key = reason ?? '';
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return [...groups]
    .map(([reason, ids]) =>
      reason === '' ? ids.join(', ') : `${ids.join(', ')} (${escapeForDisplay(reason)})`,
    )
    .join('; ');
}

/** Both values of a failed check, one under the other, and the member they stand in. */
export function valueLines(check: Check, isFull: boolean, place = ''): string[] {
  // The version stands in the words already.
  const isTold =
    check.code === 'E_VERSION' || (check.id === 'format' && check.reason !== undefined);
  if (check.code === undefined || isTold) return [];
  const { values, where } = explainCode(check.code);
  const width = Math.max(values.actual.length, values.expected.length);
  const row = (word: string, value: string) =>
    `${word.padEnd(width)}  ${safe(isFull ? value : shortHash(value))}`;
  const rows: string[] = [];
  const { actual, expected } = describeValues(check);
  if (actual !== undefined) rows.push(row(values.actual, actual));
  if (expected !== undefined) rows.push(row(values.expected, expected));
  const last = rows.pop();
  const member = [check.field ?? where, place].filter((part) => part !== '').join(', ');
  return last === undefined ? [`in ${safe(member)}`] : [...rows, `${last}   ${safe(member)}`];
}

/** Long hex by its ends, as people compare it; other text as it is. */
export function shortHash(value: string): string {
  return /^[0-9a-f]{40,}$/.test(value) ? `${value.slice(0, 8)}…${value.slice(-8)}` : value;
}

/** What failed, in words; an input that could not be read, or unpacked, says why. */
export function failureText(failure: Check): string {
  return failure.id === 'format' && failure.reason !== undefined
    ? safe(failure.reason)
    : describeCheck(failure);
}

/** Text from a file, a file's name or the command line, made harmless for a terminal. */
export function safe(text: string): string {
  return escapeForDisplay(text);
}

/** The same, and not longer than what takes it can hold. Escaped first: that makes a text longer. */
export function safeWithin(text: string, maxCharacters: number): string {
  const shown = safe(text);
  return shown.length <= maxCharacters ? shown : `${shown.slice(0, maxCharacters)}…`;
}
