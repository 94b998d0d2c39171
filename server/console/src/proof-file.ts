/** A proof package leaves this page: as a file, or to the verifier page, which checks it with the keys that the person pinned there. @module */
import { base64FromBytes } from '@kapsel/verification';
import type { DeliveryAttempt } from './api-shapes.ts';

const VERIFIER = '/verify';
/** The verifier page reads no longer ones. */
const MAX_LINK_CHARS = 8_192;

/** Saves the package as it came, under the name that the API gives it. */
export function downloadProof(
  { delivery_attempt_id: id }: Pick<DeliveryAttempt, 'delivery_attempt_id'>,
  proof: string,
): void {
  saveFile(`${id}.kapsel.json`, proof);
}

/** Hands a file to the browser's downloads; its type is what the name says. */
export function saveFile(name: string, content: string | Uint8Array<ArrayBuffer>): void {
  const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** False when the proof is too large for a link. The fragment is sent nowhere; the verifier page gives its own verdict. */
export async function openInVerifier(proof: string): Promise<boolean> {
  const link = await verifierLink(proof);
  if (link.length > MAX_LINK_CHARS) return false;
  open(link, '_blank', 'noopener');
  return true;
}

/** As the verifier page reads it: base64url of raw deflate. */
async function verifierLink(proof: string): Promise<string> {
  const text = new Blob([proof]).stream();
  const packed = await new Response(
    text.pipeThrough(new CompressionStream('deflate-raw')),
  ).arrayBuffer();
  const base64 = base64FromBytes(new Uint8Array(packed));
  const base64url = base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${VERIFIER}#proof=${base64url}`;
}
