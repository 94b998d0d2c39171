/** The key by which a provider names an event over all its retries. RFC 6901 for places in the body. @module */
import type { EventKeyPlace } from '../endpoints/signature-scheme.ts';
import { findHeader, type RawHeaders } from './raw-headers.ts';

/** Visible ASCII, so that a key looks the same in every log and database. */
const KEY = /^[!-~]{1,255}$/;

/** A larger body would hold up all other requests while it is parsed. */
const MAX_PARSED_BYTES = 1024 * 1024;

export function isIdempotencyKey(text: string): boolean {
  return KEY.test(text);
}

/** Only for a body whose signature was verified. Null where there is no usable key: the event then stands alone. */
export function readEventKey(
  place: EventKeyPlace | null,
  headers: RawHeaders,
  body: Buffer,
): string | null {
  if (place === null) return null;
  const key =
    place.kind === 'header' ? headerValue(headers, place.name) : bodyValue(body, place.pointer);
  return key !== null && isIdempotencyKey(key) ? key : null;
}

function headerValue(headers: RawHeaders, name: string): string | null {
  const found = findHeader(headers, name);
  return found.kind === 'one' ? found.value : null;
}

function bodyValue(body: Buffer, pointer: string): string | null {
  if (body.length > MAX_PARSED_BYTES) return null;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    // No JSON, so no key in it; the body itself is as good as any other.
    return null;
  }
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Record<string, unknown>)[name];
  }
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : null;
}
