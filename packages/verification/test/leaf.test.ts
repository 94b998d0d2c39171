/** Leaf texts: one claim has one text, every other one is refused. @module */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VerificationError } from '../src/errors.ts';
import { parseLeaf } from '../src/leaf.ts';
import {
  ATTEMPT_ID,
  HEAD_TIME_MS,
  type JsonRecord,
  leafMembers,
  leafText,
} from './make-package.ts';
import { expectRefusal } from './refusal.ts';

const GOOD = leafText();
const HASH = 'ab'.repeat(32);

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function without(name: string): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(leafMembers()).filter(([member]) => member !== name)),
  );
}

describe('a good leaf', () => {
  it('becomes its typed form', () => {
    expect(parseLeaf(GOOD)).toMatchObject({
      type: 'kapsel.delivery/v1',
      log: 'log.kapsel.example/t1',
      deliveryAttemptId: ATTEMPT_ID,
      endpointUrl: 'https://example.com/webhook',
      attemptNumber: 1,
      payloadHash: sha256Hex('{"n":1}'),
      payloadSize: 7,
      attemptedAt: '2026-01-15T10:30:44.000Z',
      attemptedAtMs: HEAD_TIME_MS - 1_000,
      completedAt: '2026-01-15T10:30:44.250Z',
      outcome: 'delivered',
      responseStatus: 200,
      responseHash: sha256Hex('ok'),
      error: null,
      receiptHash: null,
      commitments: null,
    });
  });

  it.each<[string, JsonRecord]>([
    ['rejected', { outcome: 'rejected', response_status: 503 }],
    ['rejected by a redirect', { outcome: 'rejected', response_status: 302 }],
    ['failed', { outcome: 'failed', response_status: null, response_hash: null, error: 'timeout' }],
    ['unknown', { outcome: 'unknown', response_status: null, completed_at: null }],
    ['with a receipt', { receipt_hash: HASH }],
    ['with commitments', { commitments: { fields_root: HASH, fields_count: 8, numbers: [] } }],
    ['with raw U+2028, DEL and an emoji', { endpoint_url: 'https://a/\u2028\u007f\u{1f600}' }],
    ['with control characters, escaped', { endpoint_url: 'https://a/\n\u001b' }],
    ['with a port and a query', { endpoint_url: 'http://a:8080/x?mail=b@c#d@e' }],
    ['without a path', { endpoint_url: 'https://a' }],
  ])('may be %s', (_, changes) => {
    expect(() => parseLeaf(leafText(changes))).not.toThrow();
  });

  it('keeps the hash of a receipt and the code of an error', () => {
    expect(parseLeaf(leafText({ receipt_hash: HASH, error: 'timeout' }))).toMatchObject({
      receiptHash: HASH,
      error: 'timeout',
    });
  });

  it('may be about an empty payload', () => {
    expect(parseLeaf(leafText({ payload_size: 0 })).payloadSize).toBe(0);
  });

  it.each([
    ['rejected', 100],
    ['rejected', 199],
    ['delivered', 200],
    ['delivered', 299],
    ['rejected', 300],
    ['rejected', 999],
  ])('that says %s may have the status %i', (outcome, status) => {
    const text = leafText({ outcome, response_status: status });
    expect(parseLeaf(text)).toMatchObject({ outcome, responseStatus: status });
  });

  it('may have exactly 65,535 bytes and no more', () => {
    const padded = (bytes: number): string =>
      leafText({ endpoint_url: `https://a/${'x'.repeat(bytes)}` });
    const room = 65_535 - padded(0).length;
    expect(() => parseLeaf(padded(room))).not.toThrow();
    expectRefusal('E_TOO_LARGE', () => parseLeaf(padded(room + 1)));
    expectRefusal('E_TOO_LARGE', () =>
      parseLeaf(leafText({ endpoint_url: `https://a/${'é'.repeat(33_000)}` })),
    );
  });
});

describe('refused texts', () => {
  it.each([
    [
      'a duplicate member with the same value',
      GOOD.replace('"error":null', '"error":null,"error":null'),
    ],
    [
      'a duplicate member with another value',
      GOOD.replace('"error":null', '"error":"x","error":null'),
    ],
    [
      'a duplicate member written with an escape',
      GOOD.replace('"error":null', '"\\u0065rror":null,"error":null'),
    ],
    ['white space inside', GOOD.replace('":', '": ')],
    ['white space before', ` ${GOOD}`],
    ['a newline at the end', `${GOOD}\n`],
    ['a byte order mark', `\ufeff${GOOD}`],
    ['minus zero', GOOD.replace('"payload_size":7', '"payload_size":-0')],
    ['1.0', GOOD.replace('"attempt_number":1', '"attempt_number":1.0')],
    ['1e2', GOOD.replace('"attempt_number":1', '"attempt_number":1e2')],
    ['0.5', GOOD.replace('"payload_size":7', '"payload_size":0.5')],
    ['1e400', GOOD.replace('"payload_size":7', '"payload_size":1e400')],
    ['2^53', GOOD.replace('"payload_size":7', '"payload_size":9007199254740992')],
    ['an escaped A', GOOD.replace('https', '\\u0068ttps')],
    ['an escaped slash', GOOD.replace('https://', 'https:\\/\\/')],
    ['an escaped surrogate pair', GOOD.replace('webhook', '\\ud83d\\ude00')],
    ['an escaped DEL', GOOD.replace('webhook', '\\u007f')],
    ['an upper-case escape', GOOD.replace('webhook', '\\u001F')],
    ['an escaped lone surrogate', GOOD.replace('webhook', '\\ud800')],
    ['a raw lone surrogate', GOOD.replace('webhook', '\ud800')],
    ['an integer-like member name', GOOD.replace('{', '{"1":0,')],
    ['__proto__', GOOD.replace(',"commitments":null', ',"commitments":null,"__proto__":null')],
    ['constructor', GOOD.replace('{', '{"constructor":null,')],
    ['an unknown member', GOOD.replace('}', ',"more":1}')],
    [
      'another order',
      GOOD.replace('"error":null,"receipt_hash":null', '"receipt_hash":null,"error":null'),
    ],
    ['no object', '"kapsel.delivery/v1"'],
    ['an array', `[${GOOD}]`],
    ['nothing', ''],
    ['deep nesting', GOOD.replace('"error":null', `"error":${'['.repeat(30)}${']'.repeat(30)}`)],
  ])('refuses %s', (_, text) => {
    const { field } = expectRefusal('E_LEAF_TEXT', () => parseLeaf(text));
    expect(field).toMatch(/^leaf_data/);
  });

  it.each(Object.keys(leafMembers()))('refuses a text without %s', (name) => {
    expectRefusal('E_LEAF_TEXT', () => parseLeaf(without(name)));
  });

  const nullable = ['completed_at', 'response_status', 'response_hash', 'error'];
  nullable.push('receipt_hash', 'commitments');
  it.each(Object.keys(leafMembers()).filter((name) => !nullable.includes(name)))(
    'refuses null for %s',
    (name) => {
      expectRefusal('E_LEAF_TEXT', () => parseLeaf(leafText({ [name]: null })));
    },
  );

  it.each<[string, JsonRecord]>([
    ['another type', { type: 'kapsel.key/v1' }],
    ['a log name with a space', { log: 'a b' }],
    ['an upper-case uuid', { event_id: '018D2F1E-3B5C-7A10-8F00-000000000002' }],
    ['upper-case hex', { payload_hash: HASH.toUpperCase() }],
    ['a short hash', { payload_hash: 'ab' }],
    ['credentials in the URL', { endpoint_url: 'https://u:p@example.com/' }],
    ['credentials before a backslash', { endpoint_url: 'https://u@e\\x' }],
    ['another scheme', { endpoint_url: 'ftp://example.com/' }],
    ['a URL without host', { endpoint_url: 'https:///x' }],
    ['attempt 0', { attempt_number: 0 }],
    ['a negative size', { payload_size: -1 }],
    ['a time without milliseconds', { attempted_at: '2026-01-15T10:30:44Z' }],
    ['a bad completion time', { completed_at: '2026-02-30T10:30:44.000Z' }],
    ['an unknown outcome', { outcome: 'ok' }],
    ['delivered with 500', { response_status: 500 }],
    ['delivered without a status', { response_status: null }],
    ['rejected with 200', { outcome: 'rejected' }],
    ['failed with a status', { outcome: 'failed' }],
    ['unknown with a status', { outcome: 'unknown' }],
    ['a status of two digits', { outcome: 'rejected', response_status: 99 }],
    ['an error text in place of a code', { error: 'connection was refused' }],
    ['commitments of another form', { commitments: {} }],
  ])('refuses %s', (_, changes) => {
    expectRefusal('E_LEAF_TEXT', () => parseLeaf(leafText(changes)));
  });

  it.each<[string, JsonRecord]>([
    ['attempt_number', { attempt_number: 0 }],
    ['payload_size', { payload_size: -1 }],
    ['response_hash', { response_hash: HASH.toUpperCase() }],
    ['error', { error: 'connection was refused' }],
    ['receipt_hash', { receipt_hash: 'ab' }],
    ['outcome', { outcome: 'ok' }],
    ['response_status', { outcome: 'rejected', response_status: 99 }],
    ['response_status', { outcome: 'rejected', response_status: 1_000 }],
    ['response_status', { outcome: 'delivered', response_status: 199 }],
    ['response_status', { outcome: 'rejected', response_status: 200 }],
    ['response_status', { outcome: 'rejected', response_status: 299 }],
    ['response_status', { outcome: 'delivered', response_status: 300 }],
    ['response_status', { outcome: 'failed', response_status: 200 }],
    ['commitments.fields_root', { commitments: {} }],
  ])('names %s in a refusal', (member, changes) => {
    const { field } = expectRefusal('E_LEAF_TEXT', () => parseLeaf(leafText(changes)));
    expect(field).toBe(`leaf_data.${member}`);
  });

  it.each<[string, JsonRecord]>([
    ['url', { endpoint_url: 'ftp://example.com/' }],
    ['error-code', { error: 'connection was refused' }],
    ['status-of-outcome', { response_status: 500 }],
  ])('names the broken rule, and passes on where it broke: %s', (rule, changes) => {
    const refusal = expectRefusal('E_LEAF_TEXT', () => parseLeaf(leafText(changes)));
    const [member = ''] = Object.keys(changes);
    expect(refusal).toMatchObject({ rule, field: `leaf_data.${member}` });
    const code = rule === 'status-of-outcome' ? 'E_LEAF_TEXT' : 'E_FIELD';
    expect(refusal.cause).toMatchObject({ code, field: member });
  });

  it('says that a later version of the type is unknown, not broken', () => {
    const later = leafText({ type: 'kapsel.delivery/v2' });
    expect(expectRefusal('E_VERSION', () => parseLeaf(later)).field).toBe('leaf_data.type');
  });

  it('throws nothing but its own error on changed texts', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: GOOD.length - 1 }),
        fc.string({ unit: 'binary', maxLength: 3 }),
        (at, put) => {
          const text = GOOD.slice(0, at) + put + GOOD.slice(at + 1);
          try {
            parseLeaf(text);
          } catch (error) {
            expect(error).toBeInstanceOf(VerificationError);
          }
        },
      ),
      { seed: 6962, numRuns: 1_000 },
    );
  });
});
