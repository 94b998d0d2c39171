/** Asks the calendars that a proof names for the way into a block, and adds it. Only addresses on a list are asked: a proof names what its maker likes. Source of truth: opentimestamps 2 and 4.2. @module */
import {
  type AnchorEvidence,
  attestedMessages,
  encodeOtsProof,
  growOtsTimestamp,
  hexFromBytes,
  type OtsProof,
  type OtsTimestamp,
  parseOtsProof,
  parseOtsTimestamp,
  VerificationError,
  verifyAnchor,
} from '@kapsel/verification';
import type { Host } from './host.ts';
import { faultOfAddress, getBytes } from './network.ts';
import { UsageError } from './usage-error.ts';

/** A proof with what was added, and what came of each question. */
export interface Upgrade {
  readonly proof: OtsProof;
  readonly isChanged: boolean;
  readonly notes: readonly string[];
}

const DEFAULT_CALENDARS: readonly string[] = [
  'calendar.opentimestamps.org',
  'calendar.eternitywall.com',
  'calendar.catallaxy.com',
];
const MAX_ANSWER_BYTES = 10_000; // what the stock clients read
const MAX_QUESTIONS = 16;
const ACCEPT = 'application/vnd.opentimestamps.v1';

/** A calendar's address as `--calendar` takes it: its origin, without a path. */
export function parseCalendar(text: string): string {
  const fault = faultOfAddress(text);
  if (fault !== null) throw new UsageError('E_USAGE', `option '--calendar': the address ${fault}`);
  const url = new URL(text);
  if (url.pathname === '/') return url.origin;
  throw new UsageError('E_USAGE', "option '--calendar' needs an address without a path");
}

/** Tells whether a proof's calendar may be asked: on the list of the user, or below one of the known names. */
export function mayAsk(uri: string, calendars: readonly string[]): boolean {
  if (!URL.canParse(uri)) return false;
  const url = new URL(uri);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return false;
  if (calendars.includes(url.origin)) return true;
  const isKnown = DEFAULT_CALENDARS.some((name) => url.hostname.endsWith(`.${name}`));
  return isKnown && url.protocol === 'https:' && url.port === '';
}

/**
 * Asks for each message that only a calendar attests. An answer is added where no known header contradicts it; a
 * calendar that lies changes nothing.
 */
export async function upgradeProof(
  host: Host,
  proof: OtsProof,
  calendars: readonly string[],
  evidenceOf: (heights: readonly number[]) => Promise<AnchorEvidence>,
): Promise<Upgrade> {
  const notes: string[] = [];
  let { timestamp } = proof;
  for (const { uri, message } of openQuestions(proof)) {
    const answer = mayAsk(uri, calendars)
      ? await askCalendar(host, uri, message)
      : 'is not on the list of calendars (--calendar adds it)';
    const fault = typeof answer === 'string' ? answer : await faultOfAnswer(answer, evidenceOf);
    notes.push(`${uri}: ${fault ?? 'gave the way into a block'}`);
    if (fault === null && typeof answer !== 'string') {
      timestamp = growOtsTimestamp(timestamp, answer);
    }
  }
  const grown = { ...proof, timestamp };
  const bytes = encodeOtsProof(grown);
  const isChanged = hexFromBytes(bytes) !== hexFromBytes(encodeOtsProof(proof));
  // Read back: together they may be too deep to be a proof.
  return { proof: isChanged ? parseOtsProof(bytes) : proof, isChanged, notes };
}

interface Question {
  readonly uri: string;
  readonly message: Uint8Array;
}

/** Promises that no way into a block has answered yet. */
function openQuestions({ timestamp }: OtsProof): readonly Question[] {
  const answered = new Set<string>();
  collectAnswered(timestamp, answered);
  const questions = attestedMessages(timestamp).flatMap(({ attestation, message }) =>
    attestation.kind === 'pending' && !answered.has(hexFromBytes(message))
      ? [{ uri: attestation.uri, message }]
      : [],
  );
  return questions.slice(0, MAX_QUESTIONS);
}

/** The messages from which a Bitcoin attestation is reached. */
function collectAnswered(timestamp: OtsTimestamp, answered: Set<string>): boolean {
  const own = timestamp.attestations.some(({ kind }) => kind === 'bitcoin');
  const below = timestamp.branches.map((branch) => collectAnswered(branch.timestamp, answered));
  const isAnswered = own || below.includes(true);
  if (isAnswered) answered.add(hexFromBytes(timestamp.message));
  return isAnswered;
}

async function askCalendar(
  host: Host,
  uri: string,
  message: Uint8Array,
): Promise<OtsTimestamp | string> {
  const url = `${new URL(uri).origin}/timestamp/${hexFromBytes(message)}`;
  const request = { headers: { accept: ACCEPT }, maxBytes: MAX_ANSWER_BYTES };
  const answer = await getBytes(host, url, request);
  if (answer.kind === 'failed') {
    return / 404$/.test(answer.reason) ? 'is not in a block yet' : answer.reason;
  }
  try {
    return parseOtsTimestamp(answer.bytes, message); // from the network
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return 'answers with what is no proof';
  }
}

/** Null where the answer leads into a block and nothing that is known contradicts it. */
async function faultOfAnswer(
  answer: OtsTimestamp,
  evidenceOf: (heights: readonly number[]) => Promise<AnchorEvidence>,
): Promise<string | null> {
  const blocks = attestedMessages(answer).flatMap(({ attestation }) =>
    attestation.kind === 'bitcoin' ? [attestation.height] : [],
  );
  if (blocks.length === 0) return 'is not in a block yet';
  const evidence = await evidenceOf([...new Set(blocks)]);
  // Only the attestations are judged here: what was stamped is another matter.
  const { attestations } = verifyAnchor(
    { fileHash: 'sha256', timestamp: answer },
    new Uint8Array(0),
    evidence,
  );
  const bad = attestations.find(({ state }) => state === 'mismatch');
  if (bad === undefined) return null;
  const height = bad.attestation.kind === 'bitcoin' ? bad.attestation.height : '';
  return `leads to a Merkle root that block ${height} does not have`;
}
