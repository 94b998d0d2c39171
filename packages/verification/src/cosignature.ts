/** Cosignatures: a witness's line in a checkpoint, and the second at which it saw that tree. C2SP tlog-cosignature, cosignature/v1. @module */
import { concatBytes, equalBytes, utf8FromString } from './bytes.ts';
import { SIGNATURE_BYTES, verifyEd25519 } from './ed25519.ts';
import { VerificationError } from './errors.ts';
import type { NoteKey } from './note.ts';
import { noteKeyId, parseNote } from './note.ts';

export const NOTE_TYPE_COSIGNATURE = 0x04; // C2SP signed-note, signature types
const TIME_BYTES = 8;
const MAX_TIME = 2n ** 63n - 1n;

/** What stands in a witness's line behind the key id. */
export interface TimedSignature {
  /** Unix seconds, by the witness's clock. */
  readonly timeSeconds: bigint;
  readonly signature: Uint8Array;
}

/** A cosignature that holds. */
export interface Cosignature {
  readonly witness: NoteKey;
  readonly timeSeconds: bigint;
}

/**
 * Takes the 72 bytes apart that follow the key id: the time, big-endian, and the signature. Throws `E_CHECKPOINT`.
 * @example parseCosignature(parseNote(note).signatures[1].signature).timeSeconds
 */
export function parseCosignature(timedSignature: Uint8Array): TimedSignature {
  if (timedSignature.length !== TIME_BYTES + SIGNATURE_BYTES) {
    throw refused(
      `${TIME_BYTES + SIGNATURE_BYTES} bytes of time and signature`,
      `${timedSignature.length} bytes`,
    );
  }
  let timeSeconds = 0n;
  for (const byte of timedSignature.subarray(0, TIME_BYTES)) {
    timeSeconds = (timeSeconds << 8n) | BigInt(byte);
  }
  if (timeSeconds > MAX_TIME) throw refused('a time of at most 2^63-1', `${timeSeconds}`);
  return { timeSeconds, signature: timedSignature.slice(TIME_BYTES) };
}

/**
 * The bytes that a witness signs: its own first line, the time, and the whole text of the note, extension lines and
 * last newline included.
 * @example encodeCosignatureMessage(1679315147n, parseNote(note).text)
 */
export function encodeCosignatureMessage(timeSeconds: bigint, noteText: string): Uint8Array {
  if (timeSeconds < 0n || timeSeconds > MAX_TIME) {
    throw new RangeError(`"timeSeconds" expected 0 to 2^63-1, got ${timeSeconds}`);
  }
  return concatBytes(
    utf8FromString(`cosignature/v1\ntime ${timeSeconds}\n`),
    utf8FromString(noteText),
  );
}

/**
 * The cosignatures of these witnesses on a note; none for a witness that did not sign. Lines of others, of another
 * name or type are ignored. Throws `E_CHECKPOINT` if a line of a known witness is bad, even beside a good one. A
 * witness that signed twice stands here once, with its earlier time.
 * @example verifyCosignatures(head.checkpoint, policy.witnesses).length
 */
export function verifyCosignatures(
  note: string,
  witnesses: readonly NoteKey[],
): readonly Cosignature[] {
  const { text, signatures } = parseNote(note);
  const known = witnesses.map((witness) => ({
    witness,
    keyId: noteKeyId(witness.name, NOTE_TYPE_COSIGNATURE, witness.publicKey),
  }));
  const found = new Map<NoteKey, Cosignature>();
  for (const line of signatures) {
    const candidates = known.filter(
      ({ witness, keyId }) => witness.name === line.name && equalBytes(keyId, line.keyId),
    );
    if (candidates.length === 0) continue; // somebody we know nothing of
    const { timeSeconds, signature } = parseCosignature(line.signature);
    const message = encodeCosignatureMessage(timeSeconds, text);
    // Four bytes are a hint: two witnesses may share them.
    const signer = candidates.find(({ witness }) =>
      verifyEd25519(signature, message, witness.publicKey),
    );
    if (signer === undefined)
      throw refused('a good cosignature of each known witness', 'a bad one');
    const { witness } = signer;
    const earlier = found.get(witness);
    if (earlier === undefined || timeSeconds < earlier.timeSeconds) {
      found.set(witness, { witness, timeSeconds });
    }
  }
  return [...found.values()];
}

function refused(expected: string, actual: string): VerificationError {
  return new VerificationError('E_CHECKPOINT', { field: 'checkpoint', expected, actual });
}
