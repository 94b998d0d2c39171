/** Signed notes: a text and the lines of those who signed it. C2SP signed-note. @module */
import {
  base64FromBytes,
  bytesFromBase64,
  concatBytes,
  equalBytes,
  isWellFormed,
  utf8FromString,
  utf8Length,
} from './bytes.ts';
import { verifyEd25519 } from './ed25519.ts';
import { refusalOf, VerificationError } from './errors.ts';
import { sha256 } from './hash.ts';
import type { Rule } from './rule-words.ts';

/** One signature line: who says so, a hint which key it is, and the signature with whatever its type adds. */
export interface NoteSignature {
  readonly name: string;
  /** 4 bytes: a hint, two keys may share it. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** A note taken apart. `text` is what is signed, with its last newline. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key whose lines are checked. Lines of all other keys are ignored. */
export interface NoteKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

export const NOTE_TYPE_ED25519 = 0x01; // C2SP signed-note, signature types
const KEY_ID_BYTES = 4;
/** The longest note, and so the longest text of one. */
export const MAX_NOTE_BYTES = 262_144;
const MAX_SIGNATURE_LINES = 100;
const SIGNATURE_LINE = /^\u2014 ([^\s+\u0085]+) ([^ ]+)$/u; // em dash, name, base64, one space each
const NAME = /^[^\s+\u0085]+$/u; // Unicode White_Space; JavaScript's \s lacks U+0085
// biome-ignore lint/suspicious/noControlCharactersInRegex: a note holds no control character but the newline
const CONTROL_CHARACTER = /[\u0000-\u0009\u000b-\u001f]/;

/**
 * The 4-byte hint of a key: SHA-256(name || 0A || type || key), cut.
 * @example noteKeyId('log.kapsel.example/t1', 0x01, publicKey) // 69 42 b0 d7
 */
export function noteKeyId(name: string, type: number, publicKey: Uint8Array): Uint8Array {
  const preimage = concatBytes(utf8FromString(name), Uint8Array.of(0x0a, type), publicKey);
  return sha256(preimage).slice(0, KEY_ID_BYTES);
}

/**
 * One signature line with its newline.
 * @example body + '\n' + encodeNoteSignature(origin, noteKeyId(origin, 0x01, publicKey), signature)
 */
export function encodeNoteSignature(
  name: string,
  keyId: Uint8Array,
  signature: Uint8Array,
): string {
  if (!isNoteName(name)) throw new TypeError('"name" expected a note name without space and "+"');
  if (keyId.length !== KEY_ID_BYTES) {
    throw new TypeError(`"keyId" expected ${KEY_ID_BYTES} bytes, got ${keyId.length}`);
  }
  return `\u2014 ${name} ${base64FromBytes(concatBytes(keyId, signature))}\n`;
}

/**
 * Takes a note apart; nothing is verified. Throws `E_CHECKPOINT`.
 *
 * The text ends at the **last** empty line: it may itself hold empty lines, and a reader that stops at the first one
 * sees another text than was signed.
 * @example parseNote(head.checkpoint).signatures.length
 */
export function parseNote(note: string): Note {
  assertNoteCharacters(note);
  const separator = note.lastIndexOf('\n\n');
  if (separator === -1) throw refusedNote('note-text-end');
  const text = note.slice(0, separator + 1);
  const tail = note.slice(separator + 2);
  if (!tail.endsWith('\n')) throw refusedNote('note-end');
  const lines = tail.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURE_LINES) {
    throw refusedNumber('note-max-lines', MAX_SIGNATURE_LINES, lines.length);
  }
  return { text, signatures: lines.map(readSignatureLine) };
}

/**
 * Takes a note apart and checks the lines of the given keys. Throws `E_CHECKPOINT` if one of their lines is bad, even
 * beside a good one, or if none of them signed.
 * @example verifyNote(note, [{ name: origin, publicKey }]).text
 */
export function verifyNote(note: string, keys: readonly NoteKey[]): Note {
  const parsed = parseNote(note);
  const message = utf8FromString(parsed.text);
  const known = keys.map((key) => ({
    ...key,
    keyId: noteKeyId(key.name, NOTE_TYPE_ED25519, key.publicKey),
  }));
  let isSigned = false;
  for (const line of parsed.signatures) {
    const candidates = known.filter(
      ({ name, keyId }) => name === line.name && equalBytes(keyId, line.keyId),
    );
    if (candidates.length === 0) continue; // somebody we know nothing of
    if (!candidates.some((key) => verifyEd25519(line.signature, message, key.publicKey))) {
      throw refusedNote('note-good');
    }
    isSigned = true;
  }
  if (!isSigned) throw refusedNote('note-signed');
  return parsed;
}

function assertNoteCharacters(note: string): void {
  const lengthBytes = utf8Length(note);
  if (lengthBytes > MAX_NOTE_BYTES) {
    throw refusedNumber('max-bytes', MAX_NOTE_BYTES, lengthBytes);
  }
  if (!isWellFormed(note)) throw refusedNote('well-formed');
  if (CONTROL_CHARACTER.test(note)) throw refusedNote('note-control');
}

function readSignatureLine(line: string): NoteSignature {
  const parts = SIGNATURE_LINE.exec(line);
  if (parts === null) throw refusedNote('note-line');
  const [name, base64] = parts.slice(1) as [string, string];
  const blob = signatureBlob(base64);
  return { name, keyId: blob.slice(0, KEY_ID_BYTES), signature: blob.slice(KEY_ID_BYTES) };
}

function signatureBlob(base64: string): Uint8Array {
  try {
    const blob = bytesFromBase64(base64);
    if (blob.length > KEY_ID_BYTES) return blob;
  } catch (cause) {
    throw refusedNote('note-base64', refusalOf(cause));
  }
  throw refusedNote('note-blob');
}

/** Tells whether a text may stand as a name in a signature line. */
export function isNoteName(name: string): boolean {
  return NAME.test(name);
}

/** The refusal of a note or a checkpoint. */
export function refusedNote(rule: Rule, cause?: VerificationError): VerificationError {
  return new VerificationError('E_CHECKPOINT', { field: 'checkpoint', rule, cause });
}

/** The same for one of its numbers. */
export function refusedNumber(
  rule: Rule,
  expected: number | bigint,
  actual: number | bigint,
): VerificationError {
  const values = { expected: `${expected}`, actual: `${actual}` };
  return new VerificationError('E_CHECKPOINT', { field: 'checkpoint', rule, ...values });
}
