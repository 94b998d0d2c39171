/** Which headers of a webhook are kept with it: an allow-list, bounded, and never a credential. @module */
import { Failure } from '../base/failure.ts';
import type { RawHeaders } from './raw-headers.ts';

const ALWAYS: readonly string[] = ['content-encoding', 'user-agent'];
const NEVER: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);
const MAX_COUNT = 64;
const MAX_BYTES = 16 * 1024;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/; // RFC 9110 5.6.2
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9110 5.5; PostgreSQL holds no U+0000

/**
 * The headers that a request carries and that are wanted by the scheme or the endpoint; repeated ones joined, as
 * RFC 9110 5.3 says. Throws a Failure when they are too many to keep: what was accepted is kept whole.
 */
export function keptHeaders(
  headers: RawHeaders,
  schemeHeaders: readonly string[],
  endpointHeaders: readonly string[] = [],
): Record<string, string> {
  const kept = new Map<string, string>();
  let size = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const isWanted =
      ALWAYS.includes(name) || schemeHeaders.includes(name) || endpointHeaders.includes(name);
    if (!isWanted || NEVER.has(name)) continue;
    const value = headers[i + 1] as string;
    const before = kept.get(name);
    size += value.length + (before === undefined ? name.length : ', '.length);
    kept.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  if (kept.size > MAX_COUNT) throw refusal(`must be at most ${MAX_COUNT}`);
  if (size > MAX_BYTES) throw refusal(`must be at most ${MAX_BYTES} bytes together`);
  return Object.fromEntries(kept);
}

/** The headers that a caller lists by itself. Throws a Failure for what is no header, or may not be kept. */
export function listedHeaders(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(given);
  if (entries.length > MAX_COUNT) throw refusal(`must be at most ${MAX_COUNT}`);
  const kept = new Map<string, string>();
  let size = 0;
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    if (!TOKEN.test(name) || typeof value !== 'string' || !VALUE.test(value)) {
      throw refusal('must be header names with texts');
    }
    if (NEVER.has(lower)) throw refusal('must hold no credentials');
    if (kept.has(lower)) throw refusal('must not repeat a name');
    size += name.length + value.length;
    kept.set(lower, value);
  }
  if (size > MAX_BYTES) throw refusal(`must be at most ${MAX_BYTES} bytes together`);
  return Object.fromEntries(kept);
}

function refusal(message: string): Failure {
  return new Failure('invalid_request', `"headers" ${message}`);
}
