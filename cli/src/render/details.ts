/** What `-v` adds: whose key, which place in which tree, all checks, and what is not proven. Source of truth: verifier-ux 2.3. @module */
import type { KeyStatementFacts, Report } from '@kapsel/verification';
import type { PinnedKey } from '../pinned-keys.ts';
import type { Result } from '../result.ts';
import { checkGroups, safe } from './checks.ts';

type Row = readonly [word: string, text: string];

/** The borders of what was shown. */
function unprovenRows({ levels }: Report): readonly Row[] {
  const time = levels.includes('C')
    ? 'any time nearer than the day of the block'
    : "any time but the log's own";
  return [
    ['Unproven', 'that the receiver got or processed it; that everyone is shown the same tree;'],
    ['', time],
  ];
}

/** Lines under the verdict, a word and a value each. */
export function detailLines({ report }: Result, keys: readonly PinnedKey[]): string[] {
  const rows: readonly Row[] = [
    ...keyRows(report, keys),
    ...treeRows(report),
    ...claimRows(report),
    ...(report.steps.length === 0 ? [] : checkGroups(report.checks)),
    ...(report.verdict === 'verified' ? unprovenRows(report) : []),
  ];
  return rows.map(([word, text]) => `  ${word.padEnd(8)} ${text}`);
}

function keyRows({ key }: Report, keys: readonly PinnedKey[]): readonly Row[] {
  if (key === null) return [];
  const pinned = keys.find(({ keyId }) => keyId === key.keyId);
  const reached = key.source === 'chain' ? 'reached from a pinned key' : 'not pinned';
  const origin = pinned === undefined ? reached : `pinned by ${pinned.origin}`;
  const name = pinned?.name ?? key.name;
  return [
    ['Key id', key.keyId],
    ['', safe(name === null ? origin : `${name}, ${origin}`)],
    ...key.statements.toReversed().map(statementRow),
  ];
}

/** From the key of the head back to the pinned one. */
function statementRow({ previousKeyId, validFrom, isLogged }: KeyStatementFacts): Row {
  const shown = isLogged ? 'logged' : 'signed, not shown in the log';
  return ['', `named from ${validFrom} (${shown}) by the key ${previousKeyId}`];
}

function treeRows({ tree }: Report): readonly Row[] {
  if (tree === null) return [];
  return [
    ['Log', safe(tree.log)],
    ['Leaf', `index ${tree.leafIndex} of ${tree.treeSize}`],
    ['Head', timeText(tree.timestampMs)],
    ['Root', tree.rootHash],
  ];
}

/** What a package that is not verified says of itself is marked as its claim. */
function claimRows({ claims }: Report): readonly Row[] {
  if (claims === null) return [];
  const mark = claims.authenticated ? '' : ' (claimed)';
  return [
    ['Attempt', `${safe(claims.deliveryAttemptId)}, number ${claims.attemptNumber}${mark}`],
    ['Event', `${safe(claims.eventId)}${mark}`],
    ['Payload', `${claims.payloadSize} bytes, SHA-256${mark}`],
    ['', safe(claims.payloadHash)],
    ...(claims.error === null ? [] : [['Error', `${safe(claims.error)}${mark}`] as const]),
  ];
}

/** RFC 3339 in UTC; a number no calendar knows is shown as it is. */
export function timeText(timestampMs: number): string {
  const time = new Date(timestampMs);
  return Number.isNaN(time.getTime()) ? `${timestampMs} ms` : time.toISOString();
}
