/** Tells what a file is when it is not a proof package, so that the page can say something helpful. @module */
import {
  type PublicKey,
  parseConsistencyProof,
  parseTreeHead,
  VerificationError,
} from '@kapsel/verification';
import { MAX_PACKAGE_BYTES } from './item.ts';
import { readKeyText } from './trusted-keys.ts';

/** Something known that is no proof package. */
export type Other =
  | { readonly kind: 'private-key' }
  | { readonly kind: 'public-key'; readonly key: PublicKey }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'tree-head' }
  | { readonly kind: 'consistency-proof' }
  | { readonly kind: 'checkpoint' };

const TIMESTAMP_MAGIC = '\0OpenTimestamps\0'; // first bytes of an .ots file
const LONGEST_KEY = 4_096;

/** What the bytes are, or null if nothing is recognised. Asked only after the verifier called them malformed. */
export function recogniseOther(bytes: Uint8Array): Other | null {
  if (bytes.length > MAX_PACKAGE_BYTES) return null;
  const text = new TextDecoder().decode(bytes);
  if (text.startsWith(TIMESTAMP_MAGIC)) return { kind: 'timestamp' };
  if (bytes.length <= LONGEST_KEY) {
    const reading = readKeyText(text);
    if (reading.kind === 'key') return { kind: 'public-key', key: reading.key };
    if (reading.code === 'E_KEY_PRIVATE') return { kind: 'private-key' };
  }
  if (/^[^\n]+\n\d+\n[A-Za-z0-9+/]{43}=\n/.test(text)) return { kind: 'checkpoint' };
  if (isReadBy(parseTreeHead, bytes)) return { kind: 'tree-head' };
  return isReadBy(parseConsistencyProof, bytes) ? { kind: 'consistency-proof' } : null;
}

function isReadBy(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    parse(bytes);
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}
