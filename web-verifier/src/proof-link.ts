/** Links that carry a whole proof in their fragment, which no browser sends anywhere: `#proof=`, base64url of raw deflate. @module */
import { base64FromBytes, bytesFromBase64, collectBytes } from '@kapsel/verification';
import { bytesOfBlob, deflate, UNPACKERS } from './byte-stream.ts';
import { MAX_PACKAGE_BYTES, type Source } from './item.ts';

/** Longer links are cut by mail programs and chats. */
const MAX_LINK_CHARS = 8_192;
const LINK_MEMBER = 'proof=';

/** The fragment that carries these bytes, or null when they are too many for a link. */
export async function fragmentFromProof(bytes: Uint8Array): Promise<string | null> {
  const packed = await collectBytes(deflate(bytes), MAX_LINK_CHARS);
  if (packed === null) return null;
  const text = base64FromBytes(packed).replaceAll('+', '-').replaceAll('/', '_');
  const fragment = `#${LINK_MEMBER}${text.replace(/=+$/, '')}`;
  return fragment.length > MAX_LINK_CHARS ? null : fragment;
}

/** The proof in a link; null when the link carries none. One that cannot be unpacked is a source that cannot be read. */
export async function sourceFromFragment(fragment: string): Promise<Source | null> {
  const member = fragment
    .replace(/^#/, '')
    .split('&')
    .find((part) => part.startsWith(LINK_MEMBER));
  if (member === undefined) return null;
  const bytes = await proofFromText(member.slice(LINK_MEMBER.length));
  const blob = bytes && new Blob([bytes.slice()]);
  return { name: 'proof in the link', blob, isListed: false };
}

/** From the link: its length is limited before anything is unpacked, and so is what it unpacks to. */
async function proofFromText(text: string): Promise<Uint8Array | null> {
  if (text.length > MAX_LINK_CHARS) return null;
  try {
    const packed = bytesFromBase64(inPlainBase64(text));
    const unpacked = UNPACKERS.inflateRaw(bytesOfBlob(new Blob([packed.slice()])));
    return await collectBytes(unpacked, MAX_PACKAGE_BYTES);
  } catch {
    return null; // a link that was cut or changed: not base64, or not what a deflater made
  }
}

function inPlainBase64(text: string): string {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/');
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
}
