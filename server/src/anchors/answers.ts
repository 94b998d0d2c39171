/** What calendars answered, read strictly against what they were asked, and the proof that follows from it. OpenTimestamps. @module */
import {
  attestedMessages,
  encodeOtsProof,
  encodeOtsTimestamp,
  equalBytes,
  growOtsTimestamp,
  hexFromBytes,
  mergeOtsTimestamps,
  type OtsProof,
  type OtsTimestamp,
  otsTimestampThrough,
  parseOtsProof,
  parseOtsTimestamp,
  sha256,
  VerificationError,
} from '@kapsel/verification';
import type { Anchor, AnchorCalendar, PathQuestion } from './anchor.ts';
import { askableOrigin, type Calendar } from './calendar.ts';

type Stamped = Pick<Anchor, 'note' | 'nonce'>;
type Answers = Pick<AnchorCalendar, 'stampAnswer' | 'question' | 'upgradeAnswer'>;

/** Why an answer is not taken; the label of a metric, so there are no others. */
export type RefusedReason =
  | 'malformed'
  | 'too-large'
  | 'no-calendar'
  | 'early-block'
  | 'no-block'
  | 'too-many'
  | 'too-deep'
  | 'wrong-block';

const MAX_BLOCKS = 8; // a calendar has one; each costs a question to every header source

/** What calendars get to see: the digest of the note, blinded. */
export function postedDigest({ note, nonce }: Stamped): Uint8Array {
  return sha256(Buffer.concat([sha256(note), nonce]));
}

export type StampJudgement =
  | { readonly kind: 'usable'; readonly question: PathQuestion }
  | { readonly kind: 'refused'; readonly reason: RefusedReason };

/** Judges the answer to a posted digest, and says where its path will be asked for. From the network. */
export function judgeStamp(
  anchor: Stamped,
  calendar: Calendar,
  stampAnswer: Uint8Array,
): StampJudgement {
  const tree = readOrNull(stampAnswer, postedDigest(anchor));
  if (tree === null) return { kind: 'refused', reason: 'malformed' };
  // A block that nobody has looked at would come into the proof with the stamp.
  if (attestedMessages(tree).some(({ attestation }) => attestation.kind === 'bitcoin')) {
    return { kind: 'refused', reason: 'early-block' };
  }
  const question = questionOf(tree, calendar);
  if (question === null) return { kind: 'refused', reason: 'no-calendar' };
  const answers = { stampAnswer, question, upgradeAnswer: null };
  return isWhole(anchor, answers)
    ? { kind: 'usable', question }
    : { kind: 'refused', reason: 'too-deep' };
}

/** The first pending attestation that names an address of the calendar. */
function questionOf(tree: OtsTimestamp, calendar: Calendar): PathQuestion | null {
  for (const { attestation, message } of attestedMessages(tree)) {
    const origin = attestation.kind === 'pending' ? askableOrigin(calendar, attestation.uri) : null;
    if (origin !== null) return { origin, commitment: message };
  }
  return null;
}

/** Judges the form of the answer to a path question; null: its blocks may be looked at. From the network. */
export function refusalOfPath(
  anchor: Stamped,
  asked: Answers,
  upgradeAnswer: Uint8Array,
): RefusedReason | null {
  if (asked.question === null) throw new TypeError('"asked" expected a calendar that has stamped');
  const path = readOrNull(upgradeAnswer, asked.question.commitment);
  if (path === null) return 'malformed';
  const blocks = attestedMessages(path).filter(({ attestation }) => attestation.kind === 'bitcoin');
  if (blocks.length === 0) return 'no-block';
  if (blocks.length > MAX_BLOCKS) return 'too-many';
  return isWhole(anchor, { ...asked, upgradeAnswer }) ? null : 'too-deep';
}

/** The `.ots` file of these answers. Null before the first of them. It only ever holds what some calendar answered. */
export function proofOf(anchor: Stamped, calendars: readonly Answers[]): Uint8Array | null {
  const digest = postedDigest(anchor);
  let tree: OtsTimestamp | null = null;
  for (const { stampAnswer, question, upgradeAnswer } of calendars) {
    if (stampAnswer === null || question === null) continue;
    const stamp = parseOtsTimestamp(stampAnswer, digest);
    const branch =
      upgradeAnswer === null
        ? stamp
        : growOtsTimestamp(stamp, parseOtsTimestamp(upgradeAnswer, question.commitment));
    tree = tree === null ? branch : mergeOtsTimestamps(tree, branch);
  }
  if (tree === null) return null;
  const nonced = [{ kind: 'append', argument: anchor.nonce }, { kind: 'sha256' }] as const;
  const timestamp = otsTimestampThrough(sha256(anchor.note), nonced, tree);
  const ots = encodeOtsProof({ fileHash: 'sha256', timestamp });
  // Read as everybody will read it: two trees that are each within the limits can join to one that is not.
  if (!equalBytes(encodeOtsProof(parseOtsProof(ots)), ots))
    throw new Error('a proof reads as another');
  return ots;
}

/** Whether a proof says all that another one said: each attestation, of the same message. */
export function saysAllOf(next: Uint8Array | null, before: Uint8Array | null): boolean {
  if (before === null) return true;
  const said = new Set(next === null ? [] : saidBy(next));
  return saidBy(before).every((each) => said.has(each));
}

function saidBy(ots: Uint8Array): string[] {
  return attestedMessages(parseOtsProof(ots).timestamp).map(({ attestation, message }) => {
    const alone = { message, attestations: [attestation], branches: [] };
    return `${hexFromBytes(message)} ${hexFromBytes(encodeOtsTimestamp(alone))}`;
  });
}

/** The proof of one calendar's answers alone, read. */
export function proofOfCalendar(anchor: Stamped, calendar: Answers): OtsProof | null {
  const ots = proofOf(anchor, [calendar]);
  return ots === null ? null : parseOtsProof(ots);
}

function readOrNull(bytes: Uint8Array, message: Uint8Array): OtsTimestamp | null {
  try {
    return parseOtsTimestamp(bytes, message);
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}

function isWhole(anchor: Stamped, answers: Answers): boolean {
  try {
    return proofOf(anchor, [answers]) !== null;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}
