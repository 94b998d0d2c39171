/** What is stamped of a checkpoint: the note as the log alone signed it, so that witnesses may add lines later. @module */
import { equalBytes, utf8FromString } from '../bytes.ts';
import { VerificationError } from '../errors.ts';
import {
  encodeNoteSignature,
  NOTE_TYPE_ED25519,
  noteKeyId,
  parseNote,
  refusedNote,
} from '../note.ts';

/**
 * The bytes whose SHA-256 is stamped: the text of the note, an empty line, and the one line of the log's key. Throws
 * `E_CHECKPOINT` where the log has no line, `E_FIELD` where it has two.
 * @example sha256(stampFormOfCheckpoint(head.checkpoint, head.log, head.publicKey))
 */
export function stampFormOfCheckpoint(
  note: string,
  origin: string,
  publicKey: Uint8Array,
): Uint8Array {
  const { text, signatures } = parseNote(note);
  const hint = noteKeyId(origin, NOTE_TYPE_ED25519, publicKey);
  const lines = signatures.filter(({ name, keyId }) => name === origin && equalBytes(keyId, hint));
  const [line, ...others] = lines;
  if (line === undefined) throw refusedNote('note-signed');
  if (others.length > 0) {
    const values = { rule: 'note-one-line', actual: `${lines.length}` } as const;
    throw new VerificationError('E_FIELD', { field: 'checkpoint', ...values });
  }
  // A line has one form only, so what is written here is what stood there.
  return utf8FromString(`${text}\n${encodeNoteSignature(origin, line.keyId, line.signature)}`);
}
