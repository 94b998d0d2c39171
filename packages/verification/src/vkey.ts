/** Verifier keys: the name, the key and its type in one line of text. C2SP signed-note, verifier keys. @module */
import {
  base64FromBytes,
  bytesFromBase64,
  bytesFromHex,
  concatBytes,
  equalBytes,
  hexFromBytes,
} from './bytes.ts';
import { NOTE_TYPE_COSIGNATURE } from './cosignature.ts';
import { isStrictPublicKey, PUBLIC_KEY_BYTES } from './ed25519.ts';
import { refusalOf, VerificationError } from './errors.ts';
import type { NoteKey } from './note.ts';
import { isNoteName, NOTE_TYPE_ED25519, noteKeyId } from './note.ts';

/** Whose key it is: a log signs checkpoints (type 01), a witness cosigns them (type 04). */
export type VkeyKind = 'log' | 'witness';

const TYPE_OF_KIND: Readonly<Record<VkeyKind, number>> = {
  log: NOTE_TYPE_ED25519,
  witness: NOTE_TYPE_COSIGNATURE,
};
const PRIVATE_VKEY = 'PRIVATE+KEY+'; // Go's note.GenerateKey
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/; // the first two "+" split: base64 may hold others

/**
 * Reads a verifier key of this kind. Throws `E_KEY_PRIVATE` for a note's signer key and `E_KEY_FORMAT` for anything
 * else, another type and another key id included; neither repeats the text.
 * @example parseVkey('log.kapsel.example/t1+6942b0d7+Addam…', 'log').name // 'log.kapsel.example/t1'
 */
export function parseVkey(text: string, kind: VkeyKind): NoteKey {
  if (isPrivateVkey(text)) {
    throw new VerificationError('E_KEY_PRIVATE', {
      expected: 'a public key',
      actual: 'a note signer key',
    });
  }
  const [, name = '', hint = '', base64 = ''] = VKEY.exec(text) ?? [];
  const typed = bytesOrNone(base64);
  const publicKey = typed.slice(1);
  const isGood =
    typed[0] === TYPE_OF_KIND[kind] &&
    isNoteName(name) &&
    equalBytes(noteKeyId(name, TYPE_OF_KIND[kind], publicKey), bytesFromHex(hint)) &&
    publicKey.length === PUBLIC_KEY_BYTES &&
    isStrictPublicKey(publicKey);
  if (isGood) return { name, publicKey };
  throw new VerificationError('E_KEY_FORMAT', {
    expected: `a C2SP vkey of type 0${TYPE_OF_KIND[kind]}`,
    actual: 'another text',
  });
}

/**
 * The verifier key of a log, or of a witness, as others configure it.
 * @example encodeVkey('log.kapsel.example/t1', publicKey) // 'log.kapsel.example/t1+6942b0d7+Addam…'
 */
export function encodeVkey(name: string, publicKey: Uint8Array, kind: VkeyKind = 'log'): string {
  if (!isNoteName(name)) throw new TypeError('"name" expected a note name without space and "+"');
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new TypeError(`"publicKey" expected ${PUBLIC_KEY_BYTES} bytes, got ${publicKey.length}`);
  }
  const type = TYPE_OF_KIND[kind];
  const hint = hexFromBytes(noteKeyId(name, type, publicKey));
  return `${name}+${hint}+${base64FromBytes(concatBytes(Uint8Array.of(type), publicKey))}`;
}

/** Tells whether a text begins like the private half of a note key. */
export function isPrivateVkey(text: string): boolean {
  return text.startsWith(PRIVATE_VKEY);
}

/** Tells whether a text has the parts of a verifier key, good or bad. */
export function hasVkeyForm(text: string): boolean {
  return VKEY.test(text);
}

function bytesOrNone(base64: string): Uint8Array {
  try {
    return bytesFromBase64(base64);
  } catch (error) {
    refusalOf(error);
    return new Uint8Array(0); // refused by its caller, without a word about the text
  }
}
