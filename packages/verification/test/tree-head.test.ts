/** The 50 signed bytes and the JSON form of a head. @module */
import { describe, expect, it } from 'vitest';
import { bytesFromHex, hexFromBytes } from '../src/bytes.ts';
import { encodeTreeHead, parseTreeHead, verifyTreeHead } from '../src/tree-head.ts';
import { HEAD_TIME_MS, hex, type JsonRecord, LOG_SIGNER, makeHead, utf8 } from './make-package.ts';
import { expectRefusal, inWords } from './refusal.ts';

const ROOT = bytesFromHex('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
const HEAD = makeHead(8, ROOT);

function parse(changes: JsonRecord): ReturnType<typeof parseTreeHead> {
  return parseTreeHead(JSON.stringify({ ...HEAD, ...changes }));
}

describe('the signed bytes', () => {
  it('have the published layout of certificate-transparency-go', () => {
    const encoded = hexFromBytes(encodeTreeHead(2345, 6, ROOT));
    expect(encoded).toBe(`000100000000000009290000000000000006${hexFromBytes(ROOT)}`);
  });

  it('are the known answer, and so is their signature', () => {
    const message = encodeTreeHead(HEAD_TIME_MS, 8, ROOT);
    expect(hexFromBytes(message)).toBe(
      '00010000019bc135280800000000000000085dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    );
    expect(message).toHaveLength(50);
    expect(hex(LOG_SIGNER.sign(message))).toBe(
      'ad7abf4a0d82bab1af6262071ce198f1640298ccdc686e6ef8655f917c3eac31aec250036d2e2509065ba237f676115e7212409ecf3abf1df70429f28a618e0d',
    );
  });

  it('hold sizes up to 2^64-1 and refuse what is no unsigned integer', () => {
    const largest = hexFromBytes(encodeTreeHead(0, 2n ** 64n - 1n, ROOT));
    expect(largest.slice(20, 36)).toBe('ffffffffffffffff');
    for (const size of [-1, 1.5, 2 ** 53, Number.NaN, 2n ** 64n, -1n]) {
      expect(() => encodeTreeHead(0, size, ROOT)).toThrow(RangeError);
      expect(() => encodeTreeHead(size, 0, ROOT)).toThrow(RangeError);
    }
    expect(() => encodeTreeHead(0, 0, ROOT.subarray(1))).toThrow(
      new TypeError('"rootHash" expected 32 bytes, got 31'),
    );
  });

  it('name the number that they do not hold', () => {
    expect(() => encodeTreeHead(1.5, 0, ROOT)).toThrow(
      new RangeError('"timestampMs" expected a safe integer, got 1.5'),
    );
    expect(() => encodeTreeHead(0, -1, ROOT)).toThrow(
      new RangeError('"treeSize" expected 0 to 2^64-1, got -1'),
    );
  });
});

describe('the JSON form', () => {
  it('becomes a typed head whose signature holds', () => {
    const head = parseTreeHead(JSON.stringify(HEAD, null, 2));
    expect(head).toMatchObject({ treeSize: 8, timestampMs: HEAD_TIME_MS, rootHash: ROOT });
    expect(head.log).toBe('log.kapsel.example/t1');
    expect(() => verifyTreeHead(head)).not.toThrow();
  });

  it('may lack the checkpoint, and nothing else', () => {
    const { checkpoint, ...rest } = HEAD;
    expect(checkpoint).toBeTypeOf('string');
    expect(parseTreeHead(JSON.stringify(rest)).checkpoint).toBeNull();
    for (const name of Object.keys(rest)) {
      const { [name]: dropped, ...others } = HEAD;
      expect(dropped).toBeDefined();
      const { field } = expectRefusal('E_FIELD', () => parseTreeHead(JSON.stringify(others)));
      expect(field).toBe(name);
    }
  });

  it.each<[string, JsonRecord]>([
    ['tree_size', { tree_size: -1 }],
    ['tree_size', { tree_size: '8' }],
    ['root_hash', { root_hash: hexFromBytes(ROOT).toUpperCase() }],
    ['root_hash', { root_hash: hexFromBytes(ROOT).slice(2) }],
    ['timestamp', { timestamp: -1 }],
    ['signature', { signature: '00'.repeat(63) }],
    ['public_key', { public_key: '00'.repeat(33) }],
    ['sth_id', { sth_id: 'x' }],
    ['log', { log: 'two words' }],
    ['checkpoint', { checkpoint: null }],
    ['more', { more: 1 }],
  ])('refuses a bad %s', (member, changes) => {
    expect(expectRefusal('E_FIELD', () => parse(changes)).field).toBe(member);
  });

  it('may be of an empty tree, and of the first millisecond', () => {
    expect(parse({ tree_size: 0, timestamp: 0 })).toMatchObject({ treeSize: 0, timestampMs: 0 });
  });

  it('refuses what is no JSON and what is too large', () => {
    expectRefusal('E_JSON', () => parseTreeHead('not json'));
    const largest = new Uint8Array(1_048_576).fill(0x20);
    largest.set(utf8(JSON.stringify(HEAD)));
    expect(parseTreeHead(largest).treeSize).toBe(8);
    expectRefusal('E_TOO_LARGE', () => parseTreeHead(new Uint8Array(1_048_577)));
  });

  it('names the key that did not sign it', () => {
    const signature = '01'.repeat(64);
    const refusal = expectRefusal('E_STH_SIGNATURE', () => verifyTreeHead(parse({ signature })));
    expect(inWords(refusal)).toMatchObject({
      field: 'signature',
      expected: `a signature by the key ${hex(LOG_SIGNER.publicKey)}`,
      actual: signature,
    });
  });

  it.each<[string, JsonRecord]>([
    ['size', { tree_size: 9 }],
    ['root', { root_hash: 'ab'.repeat(32) }],
    ['time', { timestamp: HEAD_TIME_MS + 1 }],
    ['key', { public_key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025' }],
    ['signature', { signature: '01'.repeat(64) }],
  ])('is not verified with another %s', (_, changes) => {
    expectRefusal('E_STH_SIGNATURE', () => verifyTreeHead(parse(changes)));
  });
});
