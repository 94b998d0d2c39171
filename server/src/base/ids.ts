/** Identifiers: UUIDv7 (RFC 9562 section 5.7) and the branded types that keep them apart. @module */
import { randomFillSync } from 'node:crypto';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Id<'tenant'>;
export type ApiKeyId = Id<'api_key'>;
export type EndpointId = Id<'endpoint'>;
export type EventId = Id<'event'>;
export type DeliveryAttemptId = Id<'delivery_attempt'>;
export type LogId = Id<'log'>;
export type TreeHeadId = Id<'tree_head'>;
export type ShareLinkId = Id<'share_link'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for the lower-case text form of a UUID; anything else is treated like an unknown id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * A new UUIDv7: 48 bits of time, 74 random bits. Ids stand inside leaf texts whose hashes are
 * public, so the random bits are what keeps an outsider from guessing a leaf.
 */
export function newId<Name extends string>(nowMs: number): Id<Name> {
  const bytes = takeRandom();
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return text as Id<Name>;
}

const ID_BYTES = 16;
/** Owned by `takeRandom`: random bytes for many ids at once, each handed out one time. */
const pool = Buffer.alloc(ID_BYTES * 256);
let used = pool.length;

/** Sixteen bytes to write an id into, to be read before the next ones are taken. */
function takeRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return bytes;
}

/** The time inside a UUIDv7, Unix milliseconds. Of another kind of UUID it is any number: a hint, never a fact. */
export function timeMsOfId(id: string): number {
  return Number(`0x${id.slice(0, 8)}${id.slice(9, 13)}`);
}
