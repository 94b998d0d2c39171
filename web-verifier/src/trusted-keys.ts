/** The keys a person vouches for, and the one that merely came with the link. @module */
import {
  type ErrorCode,
  type PublicKey,
  parsePublicKey,
  type Trust,
  VerificationError,
} from '@kapsel/verification';

const LINK_MEMBER = 'key=';

/** What a pasted text is: a key, or the code that says why not. */
export type KeyReading =
  | { readonly kind: 'key'; readonly key: PublicKey }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** Reads a key in any of the accepted forms. The text itself never appears in the answer. */
export function readKeyText(text: string): KeyReading {
  try {
    return { kind: 'key', key: parsePublicKey(text.trim()) };
  } catch (error) {
    if (error instanceof VerificationError) return { kind: 'refused', code: error.code };
    throw error;
  }
}

/** The key in a link such as `kapsel-verify.html#key=…`, or null. It is shown, and never trusted by itself. */
export function keyFromFragment(fragment: string): PublicKey | null {
  const member = fragment
    .replace(/^#/, '')
    .split('&')
    .find((part) => part.startsWith(LINK_MEMBER));
  if (member === undefined) return null;
  const reading = readKeyText(textFromMember(member.slice(LINK_MEMBER.length)));
  return reading.kind === 'key' ? reading.key : null;
}

/** Adds a key; the same one twice stays one. */
export function withKey(keys: readonly PublicKey[], key: PublicKey): readonly PublicKey[] {
  return keys.some(({ keyId }) => keyId === key.keyId) ? keys : [...keys, key];
}

/** Removes a key by its fingerprint. */
export function withoutKey(keys: readonly PublicKey[], keyId: string): readonly PublicKey[] {
  return keys.filter((key) => key.keyId !== keyId);
}

/**
 * What the verifier is given: nothing but the keys that the person pinned. The name inside a verifier key is a note for
 * the list of keys, and stays out of every report, as on the command line.
 */
export function trustFromKeys(keys: readonly PublicKey[]): Trust {
  return { keys: keys.map(({ bytes }) => ({ publicKey: bytes, name: null })) };
}

// Not URLSearchParams: it turns the "+" of base64 and of a C2SP key into a space.
function textFromMember(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // a stray "%": no key has one, so the reader refuses it
  }
}
