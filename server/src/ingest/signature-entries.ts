/** The signatures that stand in a header, taken out of it by the rules of a scheme. @module */
import type { Extract } from '../endpoints/signature-scheme.ts';

export interface SignatureEntries {
  /** Texts of the signatures in an accepted version. */
  readonly signatures: readonly string[];
  /** The time, where the list carries it. */
  readonly timestamp: string | null;
}

const MAX_HEADER_BYTES = 8 * 1024;
const MAX_ENTRIES = 16;

const HEX = /^(?:[0-9a-f]*|[0-9A-F]*)$/;

/** Null for a header that cannot be read in one way only, or is too long to be honest. */
export function readSignatureEntries(
  header: string,
  extract: Extract,
  timestampName: string | null,
): SignatureEntries | null {
  if (header.length > MAX_HEADER_BYTES) return null;
  switch (extract.kind) {
    case 'bare':
      return { signatures: [header], timestamp: null };
    case 'prefix':
      return header.startsWith(extract.prefix)
        ? { signatures: [header.slice(extract.prefix.length)], timestamp: null }
        : null;
    case 'list':
      return readList(header, extract, timestampName);
  }
}

function readList(
  header: string,
  { itemSeparator, pairSeparator, versions }: Extract & { kind: 'list' },
  timestampName: string | null,
): SignatureEntries | null {
  const items = header.split(itemSeparator, MAX_ENTRIES + 1);
  if (items.length > MAX_ENTRIES) return null;
  const signatures: string[] = [];
  let timestamp: string | null = null;
  for (const item of items) {
    const at = item.indexOf(pairSeparator);
    if (at === -1) continue; // of no version that is known
    const name = item.slice(0, at);
    const value = item.slice(at + 1);
    if (name === timestampName) {
      if (timestamp !== null) return null;
      timestamp = value;
    } else if (versions.includes(name)) {
      signatures.push(value);
    }
  }
  return { signatures, timestamp };
}

/** The bytes of a signature of exactly that size, or null. Of base64 one spelling counts, of hex either case. */
export function decodeSignature(
  text: string,
  encoding: 'hex' | 'base64',
  sizeBytes: number,
): Buffer | null {
  if (encoding === 'hex') {
    if (text.length !== sizeBytes * 2 || !HEX.test(text)) return null;
    return Buffer.from(text, 'hex');
  }
  if (text.length !== Math.ceil(sizeBytes / 3) * 4) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === sizeBytes && bytes.toString('base64') === text ? bytes : null;
}
