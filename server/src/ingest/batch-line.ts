/** One line of an NDJSON batch: an event with the exact bytes of its payload. @module */
import { Failure } from '../base/failure.ts';
import type { IngestRequest } from './accept.ts';
import { isIdempotencyKey } from './event-key.ts';
import { findMembers } from './json-members.ts';
import { listedHeaders } from './kept-headers.ts';

const MEMBERS: ReadonlySet<string> = new Set([
  'payload',
  'payload_base64',
  'content_type',
  'idempotency_key',
  'headers',
]);

const JSON_CONTENT_TYPE = 'application/json';
const MAX_CONTENT_TYPE = 255;
const CONTENT_TYPE = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9110 5.5

const LINE_FEED = 0x0a;

export interface BatchLine {
  /** From 1; empty lines are counted too. */
  readonly number: number;
  readonly bytes: Buffer;
}

/** The lines that are not empty, at most one more than `max`: a caller that sees so many refuses them all. */
export function splitLines(body: Buffer, max: number): BatchLine[] {
  const lines: BatchLine[] = [];
  let start = 0;
  for (let number = 1; start < body.length && lines.length <= max; number++) {
    const found = body.indexOf(LINE_FEED, start);
    const end = found === -1 ? body.length : found;
    const bytes = body.subarray(start, end);
    if (!isBlank(bytes)) lines.push({ number, bytes });
    start = end + 1;
  }
  return lines;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Throws a Failure that says what is wrong with the line. The payload is a view of `bytes`. */
export function parseBatchLine(bytes: Buffer): IngestRequest {
  const line = parseObject(bytes);
  const places = new Map<string, Buffer>();
  for (const { name, start, end } of findMembers(bytes)) {
    if (!MEMBERS.has(name)) throw refusal(`has a member that is not known`);
    if (places.has(name)) throw refusal(`has "${name}" twice`);
    places.set(name, bytes.subarray(start, end));
  }
  const payload = places.get('payload');
  const isBase64 = places.has('payload_base64');
  if ((payload !== undefined) === isBase64) {
    throw refusal('wants one of "payload" and "payload_base64"');
  }
  return {
    body: payload ?? bytesFromBase64(line.payload_base64),
    contentType: contentTypeOf(line, isBase64 ? null : JSON_CONTENT_TYPE),
    headers: headersOf(line),
    key: keyOf(line),
  };
}

function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new Failure('invalid_json', 'The line is not JSON in UTF-8', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal('must be an object');
  }
  return value as Record<string, unknown>;
}

function bytesFromBase64(text: unknown): Buffer {
  if (typeof text === 'string') {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') === text) return bytes;
  }
  throw refusal('has a "payload_base64" that is not base64');
}

function contentTypeOf(
  { content_type: given }: Readonly<Record<string, unknown>>,
  fallback: string | null,
): string | null {
  if (given === undefined) return fallback;
  if (typeof given !== 'string' || given.length > MAX_CONTENT_TYPE || !CONTENT_TYPE.test(given)) {
    throw refusal('has a "content_type" that is none');
  }
  return given;
}

function headersOf({ headers }: Readonly<Record<string, unknown>>): Record<string, string> {
  if (headers === undefined) return {};
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw refusal('has "headers" that are no object');
  }
  return listedHeaders(headers as Record<string, unknown>);
}

function keyOf({ idempotency_key: text }: Readonly<Record<string, unknown>>): IngestRequest['key'] {
  if (text === undefined) return null;
  if (typeof text !== 'string' || !isIdempotencyKey(text)) {
    throw refusal('has an "idempotency_key" that is not 1 to 255 visible ASCII characters');
  }
  return { text, from: 'sender' };
}

function refusal(message: string): Failure {
  return new Failure('invalid_request', `The line ${message}`);
}
