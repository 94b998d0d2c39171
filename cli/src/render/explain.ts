/** Every step of the calculation with its full values, so that it can be done again by hand. Source of truth: verifier-ux 2.8. @module */
import {
  type Check,
  type CheckId,
  describeCheck,
  type PathStep,
  type Report,
  type Step,
} from '@kapsel/verification';
import { safe } from './checks.ts';
import { timeText } from './details.ts';

// "1 leaf       ": under it, a 64-digit hash with its sign ends at column 79.
const INDENT = ' '.repeat(13);
// Column of "ok", behind the widest line without hashes.
const STATUS_COLUMN = 80;

/** Checks told after the steps; the four before them are steps themselves. */
const LATER_CHECKS: readonly CheckId[] = [
  'head',
  'checkpoint',
  'key',
  'payload',
  'receipt',
  'anchor',
  'disclosure',
  'policy',
];

/** The numbered steps, then what they prove and what they do not. */
export function explainLines(report: Report): string[] {
  if (report.steps.length === 0) {
    return ['  No step to show: the calculation was not reached.'];
  }
  const lines: string[] = [];
  let number = 0;
  for (const step of report.steps) {
    if (step.kind !== 'path' || step.rung === 1) number++;
    lines.push(...stepLines(step, number, report));
  }
  for (const check of report.checks) {
    if (!LATER_CHECKS.includes(check.id) || check.status === 'skipped') continue;
    number++;
    lines.push(head(number, check.id, textOfCheck(check), wordOfStatus(check)));
  }
  return [...lines, ...meaningLines(report)];
}

function stepLines(step: Step, number: number, report: Report): string[] {
  switch (step.kind) {
    case 'leaf':
      return leafLines(step.sizeBytes, step.hash, number, report);
    case 'path':
      return pathLines(step, number, report);
    case 'root':
      return [
        head(number, 'root', 'computed, and as signed', statusOf(report, 'inclusion')),
        `${INDENT}  ${step.computed}`,
        `${INDENT}${step.computed === step.signed ? '=' : '≠'} ${step.signed}`,
      ];
    case 'signature':
      return [
        head(
          number,
          'signature',
          'Ed25519 over the 50 B tree head (0001 ‖ time ‖ size ‖ root)',
          statusOf(report, 'signature'),
        ),
        ...hexLines('head', step.message),
        ...hexLines('sig', step.signature),
        ...hexLines('key', step.publicKey),
        ...hexLines('key id', step.keyId),
      ];
  }
}

function leafLines(sizeBytes: number, hash: string, number: number, report: Report): string[] {
  const check = report.checks.find(({ id }) => id === 'leaf');
  const text = `SHA-256(00 ‖ leaf_data, ${sizeBytes} B)`;
  const lines = [head(number, 'leaf', text, statusOf(report, 'leaf')), `${INDENT}= ${hash}`];
  if (check?.status === 'pass') return [...lines, `${INDENT}equals leaf_hash`];
  const isOther = check?.code === 'E_LEAF_HASH' && check.expected !== undefined;
  return isOther ? [...lines, `${INDENT}≠ ${safe(check.expected)}   ${check.field ?? ''}`] : lines;
}

/** Which side our hash stands on follows from the index: an even one is a left child, an odd one a right child. */
function pathLines(step: PathStep, number: number, report: Report): string[] {
  const place = `${step.rung}/${step.rungs}`;
  const title = step.rung === 1 ? `${number} path` : '';
  const start = `${title.padEnd(INDENT.length - place.length - 1)}${place} `;
  const climbed = levelsWithoutSibling(step, report);
  const climb =
    climbed === 0
      ? ''
      : `${INDENT}no sibling on ${climbed === 1 ? 'this level' : `these ${climbed} levels`} (uneven tree): up to where there is one`;
  const isLeft = step.siblingSide === 'left';
  const parity = isLeft ? 'odd' : 'even';
  const inputs = isLeft ? ['sibling', 'ours'] : ['ours', 'sibling'];
  const lines = [
    `${start}index ${step.index} is ${parity} -> SHA-256(01 ‖ ${inputs.join(' ‖ ')})`,
    `${INDENT}‖ ${step.sibling}   sibling`,
    `${INDENT}= ${step.after}`,
  ];
  return climb === '' ? lines : [climb, ...lines];
}

/** The levels our node went up alone, because it was the last of its level and had no right neighbour. */
function levelsWithoutSibling(step: PathStep, report: Report): number {
  const earlier = report.steps.find(
    (other): other is PathStep => other.kind === 'path' && other.rung === step.rung - 1,
  );
  let index =
    earlier === undefined
      ? BigInt(report.tree?.leafIndex ?? step.index)
      : BigInt(earlier.index) / 2n;
  let levels = 0;
  while (index > BigInt(step.index)) {
    index /= 2n;
    levels++;
  }
  return levels;
}

function hexLines(word: string, hex: string): string[] {
  const parts = hex.match(/.{1,64}/g) ?? [];
  return parts.map((part, i) => `${(i === 0 ? word : '').padStart(INDENT.length + 1)} ${part}`);
}

function head(number: number, word: string, text: string, status: string): string {
  const start = `${number} ${word}`.padEnd(INDENT.length - 1);
  return `${`${start} ${text}`.padEnd(STATUS_COLUMN - 1)} ${status}`;
}

function statusOf(report: Report, id: CheckId): string {
  const check = report.checks.find((candidate) => candidate.id === id);
  return check === undefined ? 'not checked' : wordOfStatus(check);
}

function wordOfStatus(check: Check): string {
  if (check.status === 'pass') return 'ok';
  return check.status === 'fail' ? `FAILED  [${check.code}]` : check.status;
}

// What a passed check means; a failed one is described by the core.
const PASSED_TEXT: Partial<Readonly<Record<CheckId, string>>> = {
  head: 'all members that stand twice in the file agree',
  checkpoint: 'same origin, size and root in the signed note',
  key: 'the signing key is one you pinned',
};

function textOfCheck(check: Check): string {
  if (check.id === 'anchor' && check.status === 'pending') return safeReason(check) ?? '';
  const passed = check.status === 'pass' ? (safeReason(check) ?? PASSED_TEXT[check.id]) : undefined;
  return passed ?? describeCheck(check).slice(`${check.id} - `.length);
}

// How it was passed, where that is not always the same: a key that was not pinned but reached.
function safeReason({ reason }: Check): string | undefined {
  return reason === undefined ? undefined : safe(reason);
}

/** The borders of the result, which the steps alone do not show. */
function meaningLines(report: Report): string[] {
  if (report.verdict !== 'verified' || report.tree === null) {
    return ['  Proves nothing: the proof is not verified.'];
  }
  const time = timeText(report.tree.timestampMs);
  const isAnchored = report.levels.includes('C');
  return [
    `  Proves: the log signed, at ${time} by its own clock, that the attempt was`,
    '    recorded with these fields, and can no longer change or remove it unnoticed.',
    ...(isAnchored ? ['    The head existed before the Bitcoin block above was mined.'] : []),
    '  Does not prove: that the receiver got or processed it; that everyone is shown the',
    `    same tree (compare heads with: kapsel-verify consistency); any time ${isAnchored ? 'nearer than the day of the block' : "but the log's own"}.`,
  ];
}
