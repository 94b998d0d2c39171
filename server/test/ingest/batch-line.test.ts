import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBatchLine, splitLines } from '../../src/ingest/batch-line.ts';

function parsed(text: string | Uint8Array) {
  const { body, ...rest } = parseBatchLine(Buffer.from(text as string));
  return { ...rest, body: body.toString() };
}

describe('a line', () => {
  it('gives the payload as the very bytes that stand in it', () => {
    const payload = '{ "b" : 1.0, "a":"\\u00e9",  "a": 1e2 }';
    expect(parsed(`{"payload":${payload}}`)).toEqual({
      body: payload,
      contentType: 'application/json',
      headers: {},
      key: null,
    });
    expect(parsed(' {"payload" : null }\r').body).toBe('null');
    expect(parsed('{"payload":"text"}').body).toBe('"text"');
  });

  it('may carry any bytes, a content type, a key and headers', () => {
    expect(
      parsed(
        '{"payload_base64":"AP8=","content_type":"a/b","idempotency_key":"k","headers":{"X-A":"b"}}',
      ),
    ).toEqual({
      body: Buffer.from([0, 255]).toString(),
      contentType: 'a/b',
      headers: { 'x-a': 'b' },
      key: { text: 'k', from: 'sender' },
    });
    expect(parsed('{"payload_base64":""}')).toMatchObject({ body: '', contentType: null });
  });

  it.each([
    ['not JSON', '{"payload":'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark', '\ufeff{"payload":1}'],
    ['two values', '{"payload":1}{"payload":1}'],
  ])('that is %s is refused as JSON', (_what, line) => {
    expect(() => parsed(line)).toThrow(expect.objectContaining({ kind: 'invalid_json' }));
  });

  it.each([
    ['a list', '[{"payload":1}]'],
    ['a word', 'null'],
    ['without a payload', '{}'],
    ['with two payloads', '{"payload":1,"payload_base64":"AA=="}'],
    ['with a member twice', '{"payload":1,"payload":2}'],
    ['with a member twice in two spellings', '{"payload":1,"\\u0070ayload":2}'],
    ['with another member', '{"payload":1,"verify":false}'],
    ['with a member of Object', '{"payload":1,"__proto__":{}}'],
    ['with loose base64', '{"payload_base64":"AP8"}'],
    ['with base64url', '{"payload_base64":"A_8="}'],
    ['with base64 that is a number', '{"payload_base64":1}'],
    ['with a content type of two lines', '{"payload":1,"content_type":"a\\nb"}'],
    ['with a content type that is null', '{"payload":1,"content_type":null}'],
    ['with a key that is none', '{"payload":1,"idempotency_key":"a b"}'],
    ['with a key that is a number', '{"payload":1,"idempotency_key":1}'],
    ['with headers in a list', '{"payload":1,"headers":["a"]}'],
    ['with a credential', '{"payload":1,"headers":{"authorization":"a"}}'],
  ])('%s is refused', (_what, line) => {
    expect(() => parsed(line)).toThrow(expect.objectContaining({ kind: 'invalid_request' }));
  });

  it('keeps any JSON value byte by byte', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parsed(`{"idempotency_key":"a","payload":${json}}`).body).toBe(json);
      }),
      { seed: 20_260_101, numRuns: 300 },
    );
  });

  it('never fails with anything but a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseBatchLine(Buffer.from(bytes));
        } catch (error) {
          expect(error).toHaveProperty('kind');
        }
      }),
      { seed: 20_260_101, numRuns: 500 },
    );
  });
});

describe('lines', () => {
  const numbers = (text: string, max = 10) =>
    splitLines(Buffer.from(text), max).map(({ number, bytes }) => [number, bytes.toString()]);

  it('are counted from 1; empty ones count and are left out', () => {
    expect(numbers('a\n\n \r\nb\r\n\n')).toEqual([
      [1, 'a'],
      [4, 'b\r'],
    ]);
    expect(numbers('a\nb')).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(numbers('')).toEqual([]);
    expect(numbers('\n\n')).toEqual([]);
  });

  it('beyond the bound are one too many, and no more', () => {
    expect(numbers('a\n'.repeat(3), 3)).toHaveLength(3);
    expect(numbers('a\n'.repeat(50), 3)).toHaveLength(4);
  });
});
