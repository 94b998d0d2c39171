/** Share tokens: what stands in a link to one proof package, made and checked without asking anybody. HMAC-SHA-256, RFC 2104. @module */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { DeliveryAttemptId, ShareLinkId } from '../base/ids.ts';

/**
 * ```
 * off len
 *  0  16  id of the link
 * 16   6  expiry, Unix milliseconds, big-endian
 * 22  32  HMAC-SHA-256 over PREFIX, id, attempt id and expiry, each on a line        (54 bytes, 72 characters base64url)
 * ```
 * The attempt is not in the token: it stands in the path, and any other one gives another HMAC. The tenant is neither, so
 * that a link tells nothing of him: an attempt has one tenant, and the link's row names him.
 */
export interface ShareToken {
  readonly id: ShareLinkId;
  readonly expiresAtMs: number;
}

const PREFIX = 'kapsel.share/v1';
const ID_BYTES = 16;
const EXPIRY_BYTES = 6;
const MAC_BYTES = 32;
const SHAPE = /^[A-Za-z0-9_-]{72}$/;

/** The key of share links, drawn from the server's secret key (HKDF, RFC 5869), so that no other use shares it. */
export function shareKeyFromSecret(secretKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secretKey, new Uint8Array(), PREFIX, MAC_BYTES));
}

export function encodeShareToken(
  key: Uint8Array,
  attemptId: DeliveryAttemptId,
  token: ShareToken,
): string {
  const bytes = Buffer.alloc(ID_BYTES + EXPIRY_BYTES + MAC_BYTES);
  bytes.write(token.id.replaceAll('-', ''), 'hex');
  bytes.writeUIntBE(token.expiresAtMs, ID_BYTES, EXPIRY_BYTES);
  bytes.set(macOf(key, attemptId, token), ID_BYTES + EXPIRY_BYTES);
  return bytes.toString('base64url');
}

/** The token, or null when it is malformed, forged, made for another attempt, or expired. */
export function parseShareToken(
  key: Uint8Array,
  attemptId: DeliveryAttemptId,
  text: string,
  nowMs: number,
): ShareToken | null {
  if (!SHAPE.test(text)) return null; // from the network
  const bytes = Buffer.from(text, 'base64url');
  const hex = bytes.toString('hex', 0, ID_BYTES);
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as ShareLinkId;
  const token = { id, expiresAtMs: bytes.readUIntBE(ID_BYTES, EXPIRY_BYTES) };
  const mac = bytes.subarray(ID_BYTES + EXPIRY_BYTES);
  // The HMAC first: until it fits, the expiry is anybody's text.
  if (!timingSafeEqual(mac, macOf(key, attemptId, token))) return null;
  return nowMs < token.expiresAtMs ? token : null;
}

function macOf(key: Uint8Array, attemptId: DeliveryAttemptId, token: ShareToken): Buffer {
  const text = `${PREFIX}\n${token.id}\n${attemptId}\n${token.expiresAtMs}\n`;
  return createHmac('sha256', key).update(text).digest();
}
