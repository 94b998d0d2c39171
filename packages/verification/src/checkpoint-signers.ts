/** Who of those the user trusts signed a checkpoint that stands alone, without a head beside it. C2SP tlog-checkpoint. @module */
import { equalBytes, hexFromBytes, utf8FromString } from './bytes.ts';
import type { Checkpoint } from './checkpoint.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { failedCheck, runCheck } from './head-checks.ts';
import type { Note, NoteSignature } from './note.ts';
import { NOTE_TYPE_ED25519, noteKeyId, parseNote, verifyNote } from './note.ts';
import { checkPolicy } from './policy-check.ts';
import { keyIdFromPublicKey } from './public-key.ts';
import type { Check, KeyFacts, Step } from './report.ts';
import type { Trust, TrustedKey } from './trust.ts';
import { allTrustedKeys } from './trust.ts';

/** What a checkpoint says, and whether a pinned key says so. */
export interface SignedCheckpoint {
  /** Null where the text is no checkpoint. */
  readonly checkpoint: Checkpoint | null;
  readonly check: Check;
  readonly keyCheck: Check;
  readonly policyCheck: Check;
  /** The pinned key that signed, or null where none did: a note names its keys by 4 bytes only. */
  readonly key: KeyFacts | null;
  readonly steps: readonly Step[];
}

/** A pinned key, and the line of the note that claims to be its own. */
interface Signer {
  readonly key: TrustedKey;
  readonly line: NoteSignature;
}

/**
 * The checks `checkpoint`, `key` and `policy` of a checkpoint under the log's own name. It has no time. So a key with a
 * window is good only while the window is open now, or if the witnesses of the policy saw the tree before its end: any
 * other time would be the word of whoever has the key today.
 */
export function checkSignedCheckpoint(text: string, trust: Trust, nowMs: number): SignedCheckpoint {
  let note: Note;
  let checkpoint: Checkpoint;
  try {
    note = parseNote(text);
    checkpoint = parseCheckpoint(note.text);
  } catch (cause) {
    const error = refusalOf(cause);
    const check = failedCheck('checkpoint', error);
    const keyCheck = skipped('key', 'the checkpoint cannot be read');
    const { check: policyCheck } = checkPolicy(null, check, trust.policy, '');
    return { checkpoint: null, check, keyCheck, policyCheck, key: null, steps: [] };
  }
  const { origin } = checkpoint;
  const signers = findSigners(note, origin, trust);
  const check = checkLines(text, origin, signers);
  const policy = checkPolicy(text, check, trust.policy, '');
  const isOpen = (key: TrustedKey): boolean => isOpenAt(key, nowMs, policy.isSeenBefore);
  const ofKey = checkKey(note, origin, signers, isOpen);
  return { checkpoint, check, policyCheck: policy.check, ...ofKey };
}

/** The pinned keys that have a line in the note: under the log's name, with their hint. */
function findSigners(note: Note, origin: string, trust: Trust): readonly Signer[] {
  const lines = note.signatures.filter(({ name }) => name === origin);
  return allTrustedKeys(trust).flatMap((key) => {
    const hint = noteKeyId(origin, NOTE_TYPE_ED25519, key.publicKey);
    const line = lines.find(({ keyId }) => equalBytes(keyId, hint));
    return line === undefined ? [] : [{ key, line }];
  });
}

function checkLines(text: string, origin: string, signers: readonly Signer[]): Check {
  if (signers.length === 0) return skipped('checkpoint', 'no line by a key you pinned');
  const keys = signers.map(({ key }) => ({ name: origin, publicKey: key.publicKey }));
  return runCheck('checkpoint', '', () => {
    verifyNote(text, keys);
  });
}

function checkKey(
  note: Note,
  origin: string,
  signers: readonly Signer[],
  isOpen: (key: TrustedKey) => boolean,
): Pick<SignedCheckpoint, 'keyCheck' | 'key' | 'steps'> {
  const ofLog = signers.filter(({ key }) => key.log === undefined || key.log === origin);
  const fitting = ofLog.find(({ key }) => isOpen(key));
  const keyCheck = runCheck('key', '', () => {
    if (fitting !== undefined) return;
    throw ofLog.length > 0 ? windowRefusal() : unknownRefusal(origin, signers.length > 0);
  });
  const named = fitting ?? ofLog[0] ?? signers[0];
  if (named === undefined) return { keyCheck, key: null, steps: [] };
  const keyId = keyIdFromPublicKey(named.key.publicKey);
  const source = fitting === undefined ? 'unknown' : 'pinned';
  const key: KeyFacts = { keyId, name: named.key.name, source, statements: [] };
  return { keyCheck, key, steps: [signatureStep(note, named)] };
}

function isOpenAt(
  key: TrustedKey,
  nowMs: number,
  isSeenBefore: (timeMs: number) => boolean,
): boolean {
  if (key.fromMs !== undefined && nowMs < key.fromMs) return false;
  return key.untilMs === undefined || nowMs < key.untilMs || isSeenBefore(key.untilMs);
}

function windowRefusal(): VerificationError {
  return new VerificationError('E_KEY_WINDOW', {
    field: 'checkpoint',
    expected: 'a key whose window is open now, since a checkpoint has no time',
    actual: 'a key whose window is closed',
  });
}

function unknownRefusal(origin: string, isForOtherLog: boolean): VerificationError {
  return new VerificationError('E_KEY_UNKNOWN', {
    field: 'checkpoint',
    expected: 'a line by a key you pinned for this log',
    actual: isForOtherLog ? `a line by a key you pinned for another log than ${origin}` : 'none',
  });
}

function signatureStep(note: Note, { key, line }: Signer): Step {
  return {
    kind: 'signature',
    message: hexFromBytes(utf8FromString(note.text)),
    signature: hexFromBytes(line.signature),
    publicKey: hexFromBytes(key.publicKey),
    keyId: keyIdFromPublicKey(key.publicKey),
  };
}

function skipped(id: 'checkpoint' | 'key', reason: string): Check {
  return { id, status: 'skipped', reason };
}
