/** The page's own words, in one place. What a code means is said by the core, the same for page and command line. @module */
import {
  type AnchorState,
  type Check,
  type CheckId,
  type CheckStatus,
  type ConsistencyReport,
  describeCheck,
  type ErrorCode,
  type Report,
  type Verdict,
} from '@kapsel/verification';
import type { Finding, Result } from './finding.ts';
import type { Other } from './recognise.ts';

/** The one word of each verdict: the same as in the command line and its reports. */
export const VERDICT_WORD: Readonly<Record<Verdict, string>> = {
  verified: 'Verified',
  invalid: 'Invalid',
  malformed: 'Malformed',
  untrusted: 'Untrusted',
  inconclusive: 'Inconclusive',
  error: 'Error',
};

const VERDICT_SENTENCE: Readonly<Record<Verdict, string>> = {
  verified: 'The log you trust signed this delivery attempt and can no longer change it unnoticed.',
  invalid: 'Do not rely on this file. It does not match what was signed.',
  malformed: 'This is not a proof package that this page can read.',
  untrusted: 'The maths is right, but the signing key is not one you trust.',
  inconclusive: 'Right so far; the Bitcoin anchor you require cannot be decided yet.',
  error: 'The file could not be read, so nothing was checked.',
};

/** Nobody trusts the sample's log: its key came with the page. */
export const SAMPLE_VERIFIED =
  'All checks pass, under the sample’s own key. On a real proof this would say that the log you trust signed it.';

// Where the verdict's sentence would say something that is not so.
const CODE_SENTENCE: Readonly<Partial<Record<ErrorCode, string>>> = {
  E_TOO_LARGE: 'This file is too large to be a proof package: the limit is 1 MiB.',
  E_NO_INPUT: 'There is no proof in this file, so nothing was checked.',
  E_KEY_REVOKED: 'The maths is right, but the signing key was revoked.',
  E_KEY_WINDOW: 'The maths is right, but the key was not valid at the time of signing.',
  E_STH_TIME: 'The maths is right, but the time that was signed cannot be right.',
  E_POLICY: 'The maths is right, but a rule that you require is not met.',
};

const OTHER_SENTENCE: Readonly<Record<Other['kind'], string>> = {
  'private-key':
    'This is a private key: do not share it. Whoever has it can sign in its owner’s name. It was not used.',
  'public-key':
    'This is a public key, not a proof. If you know whose it is, you can trust it here.',
  timestamp:
    'This is an OpenTimestamps file, not a proof package. It belongs to a checkpoint and is checked with the program ots.',
  'tree-head':
    'This is a signed tree head, not a proof package. Give two of them, with the consistency proof between them, and they are compared.',
  'consistency-proof':
    'This is a consistency proof. Give it together with the two tree heads that it connects.',
  checkpoint:
    'This is a checkpoint (a signed note), not a proof package. Choose the proof of one delivery attempt.',
};

const NEWER_VERSION = /^kapsel\.proof\/(v\d{1,4})$/;

/** The sentence under the verdict. */
export function sentenceOfFinding(finding: Finding): string {
  const { verdict, code, failure, report, other, comparison, item } = finding;
  if (comparison !== null) return sentenceOfComparison(comparison, code);
  if (other !== null) return OTHER_SENTENCE[other.kind];
  if (code === 'E_VERSION') return versionSentence(report);
  if (item.refusal !== null && failure?.reason !== undefined) return containerSentence(code);
  return (code && CODE_SENTENCE[code]) ?? VERDICT_SENTENCE[verdict];
}

// Two heads with good signatures that cannot both be true.
const CONTRADICTIONS: readonly (ErrorCode | null)[] = [
  'E_CONSISTENCY',
  'E_ROLLBACK',
  'E_SPLIT_VIEW',
];

const COMPARISON_SENTENCE: Readonly<Record<Verdict, string>> = {
  verified:
    'The log only grew between the two tree heads: every leaf of the old tree stands unchanged, in its place, in the new one.',
  invalid: 'Do not rely on these files. They do not match what was signed, or not each other.',
  malformed: 'These are not two tree heads that this page can read.',
  untrusted: VERDICT_SENTENCE.untrusted,
  inconclusive:
    'Not decided. Heads of two sizes say nothing about each other without the consistency proof between them, and heads of two logs never do.',
  error: VERDICT_SENTENCE.error,
};

function sentenceOfComparison(report: ConsistencyReport, code: ErrorCode | null): string {
  if (CONTRADICTIONS.includes(code)) {
    return 'The two tree heads contradict each other: the log has shown two histories. Keep all of these files: they are evidence.';
  }
  if (report.verdict === 'verified' && report.old?.treeSize === report.new?.treeSize) {
    return 'Both tree heads are of the same tree.';
  }
  return (code && CODE_SENTENCE[code]) ?? COMPARISON_SENTENCE[report.verdict];
}

/** Something that holds packages could not be taken apart. */
function containerSentence(code: ErrorCode | null): string {
  return code === 'E_TOO_LARGE'
    ? 'There is more in it than this page reads at a time, so nothing in it was checked.'
    : (code && CODE_SENTENCE[code]) || 'It could not be taken apart, so nothing in it was checked.';
}

function versionSentence(report: Report | null): string {
  const failed = report?.checks.find(({ code }) => code === 'E_VERSION');
  const version = NEWER_VERSION.exec(failed?.actual ?? '')?.[1];
  const format = version === undefined ? 'another format' : `format ${version}`;
  return `Written in ${format}; this page knows v1. It may be fine in a newer verifier.`;
}

/** One line for the whole run, for people who listen to the page. */
export function summaryOfResults(results: readonly Result[]): string {
  const parts = countsOfResults(results).map(
    ([verdict, count]) => `${count} ${VERDICT_WORD[verdict].toLowerCase()}`,
  );
  return `${results.length} ${results.length === 1 ? 'item' : 'items'}: ${parts.join(', ')}`;
}

/** How often each verdict was given, in the order in which they first came. */
export function countsOfResults(
  results: readonly Result[],
): readonly (readonly [Verdict, number])[] {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of results) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts];
}

/** What each check asks, as a heading. */
const CHECK_TITLE: Readonly<Record<CheckId, string>> = {
  format: 'The file is a proof package',
  leaf: 'The leaf has the hash it claims',
  inclusion: 'The path leads from the leaf to the root',
  head: 'The tree head belongs to this proof',
  signature: 'The tree head is signed',
  checkpoint: 'The signed checkpoint says the same',
  key: 'The signing key is one you trust',
  payload: 'The payload is the one you hold',
  receipt: 'The destination signed a receipt',
  anchor: 'The tree head is anchored in Bitcoin',
  disclosure: 'The disclosed fields belong to the payload',
  policy: 'Your own rules are met',
  consistency: 'The newer tree extends the older one',
};

/** The word beside the sign of each check. */
export const STATUS_WORD: Readonly<Record<CheckStatus, string>> = {
  pass: 'passed',
  fail: 'failed',
  pending: 'pending',
  skipped: 'skipped',
};

/** What a passed check has established. */
const CHECK_MEANING = {
  format: 'Every member is present, known, of the right type and length, and none appears twice.',
  leaf: 'SHA-256 over a zero byte and the exact text of the leaf gives the leaf hash. Changing one character of the text changes the hash.',
  inclusion:
    'Hashing the leaf together with each sibling in turn ends at the root. The ladder below shows every rung.',
  head: 'Root, tree size, attempt and log are the same in both parts of the file.',
  signature: 'Ed25519 over the 50 bytes of the tree head: version, time, tree size and root.',
  checkpoint: 'The same origin, size and root stand in the signed note, under the same key.',
  key: 'The key in the tree head is one that you pinned above, or signed statements lead to it from one.',
  anchor: 'The tree head leads to a Bitcoin block, whose header is known.',
  policy: 'Enough of the witnesses that you trust have cosigned the checkpoint.',
} as const;

/** How checks are named, and what each has established once it passed. */
export interface CheckWords {
  readonly title: Readonly<Record<CheckId, string>>;
  readonly meaning: Readonly<Partial<Record<CheckId, string>>>;
}

export const PACKAGE_WORDS: CheckWords = { title: CHECK_TITLE, meaning: CHECK_MEANING };

/** The same checks, of two tree heads. */
export const HEADS_WORDS: CheckWords = {
  title: {
    ...CHECK_TITLE,
    format: 'The files are two tree heads, and the proof between them',
    head: 'Both heads and the proof belong together',
    signature: 'Both tree heads are signed',
    checkpoint: 'Both signed checkpoints say the same as their heads',
    key: 'Both signing keys are ones you trust',
  },
  meaning: {
    format: CHECK_MEANING.format,
    head: 'Both are of one log, and the proof, where one is needed, names their sizes and roots.',
    signature: CHECK_MEANING.signature,
    checkpoint: CHECK_MEANING.checkpoint,
    key: CHECK_MEANING.key,
    consistency:
      'The hashes of the proof lead from the older root to the newer one. For two heads of one size, the roots are the same.',
  },
};

/** Why a check did not pass, as a sentence; its name stands above. */
export function reasonOfCheck(check: Check): string {
  return sentenceOf(describeCheck(check).replace(`${check.id} - `, ''));
}

/** The words with a capital letter and a full stop. */
export function sentenceOf(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

const KEEP_IT = 'Download it again and compare; if it still fails, keep the file: it is evidence.';

// Where the core's advice names an option of the command line.
const NEXT_ON_PAGE: Readonly<Partial<Record<ErrorCode, string>>> = {
  E_VERSION: 'Get a newer verifier: this page reads kapsel.proof/v1.',
  E_TOO_LARGE: 'Give one package per file.',
  E_LEAF_HASH: KEEP_IT,
  E_INDEX_RANGE: KEEP_IT,
  E_PATH_LENGTH: KEEP_IT,
  E_ROOT_MISMATCH: KEEP_IT,
  E_STH_SIGNATURE: KEEP_IT,
  E_KEY_UNKNOWN:
    'Get the log’s public key from its operator by another way than this file, and add it above.',
  E_STH_TIME: 'Check the clock of this device.',
};

/** What to do next, for somebody who sits before the page. */
export function nextOnPage(code: ErrorCode | undefined, next: string): string {
  return (code && NEXT_ON_PAGE[code]) ?? next;
}

/** What a proof establishes that is not verified. */
export const PROVES = {
  nothing:
    'Nothing, as long as the checks do not pass. What the file says may be wrong in any field.',
  nothingUntrusted:
    'Only that the file fits together: anyone can make such a file with a key of their own. With a key that you trust it would prove who signed it.',
} as const;

/** What a verified proof establishes by the levels that were shown, and what it leaves open. */
export function provedBy(report: Report): {
  readonly proves: readonly string[];
  readonly doesNotProve: readonly string[];
} {
  const anchored = report.levels.includes('C')
    ? report.checks.find(({ id }) => id === 'anchor')?.reason
    : undefined;
  return {
    proves: [
      'The log whose key you trust signed a tree that contains this delivery attempt, with exactly these fields.',
      'It cannot change or remove the attempt any more without someone being able to notice.',
      ...(anchored === undefined ? [] : [`It ${anchored}.`]),
    ],
    doesNotProve: [
      'That the receiver processed the webhook, or even that it arrived: this is what the sender’s log states. A receipt signed by the destination would be needed.',
      'That everyone is shown the same log: keep tree heads over time and compare them; this page does that too.',
      anchored === undefined
        ? 'That it was logged at the stated time: the clock is the sender’s. A Bitcoin anchor would bound it.'
        : 'That it was logged at the stated time, rather than at any time before that block: the clock is the sender’s.',
    ],
  };
}

/** The card of an anchor, by its state. */
export const ANCHOR_WORDS: Readonly<
  Record<AnchorState, { readonly title: string; readonly note: string }>
> = {
  confirmed: {
    title: 'Anchored',
    note: 'The tree head is committed in that block: nobody could have made it later. Whose word the header is stands in the brackets.',
  },
  header_not_given: {
    title: 'Not decided yet',
    note: 'Look the block up in a source that you trust, your own node or a block explorer, and compare its Merkle root with this one; or paste what it shows here. This page asks nobody.',
  },
  pending: {
    title: 'Pending',
    note: 'Calendars have promised to put the tree head into a block, which takes some hours. This is no fault of the proof: download the package again later.',
  },
  mismatch: {
    title: 'It contradicts',
    note: 'The anchor is of another tree head, or what was given is of another block. If you may have mistyped it, take it back and compare again.',
  },
};
