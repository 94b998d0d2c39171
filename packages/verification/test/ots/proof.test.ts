/** Proof files: each rule of strict reading has a file that breaks it, and what is read is written back in one form. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeOtsProof, parseOtsProof } from '../../src/ots/proof.ts';
import { attestedMessages } from '../../src/ots/timestamp.ts';
import type { Rule } from '../../src/rule-words.ts';
import { hex } from '../make-package.ts';
import { expectRefusal } from '../refusal.ts';

const MAGIC = '004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294';
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'; // FIPS 180-4, "abc"
const START = `${MAGIC}0108${ABC}`;
const START_BYTES = START.length / 2;
const BITCOIN = '000588960d73d71901';
const PENDING = '0083dfe30d2ef90c8e';
const BLOCK_300 = `${BITCOIN}02ac02`;
/** The worked example of the format page: append 01, sha256, then Bitcoin 300 and a calendar. */
const EXAMPLE = `${START}f0010108ff${BLOCK_300}${PENDING}141368747470733a2f2f63616c2e6578616d706c65`;

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../../fixtures/ots/${name}`, import.meta.url)));
}

/** Which rule a file breaks, and at which byte. */
function refusalOf(text: string): { rule: Rule | undefined; at: number } {
  const { rule, actual } = expectRefusal('E_FIELD', () => parseOtsProof(bytes(text)));
  return { rule, at: Number(actual) };
}

const uri = (text: string): string => {
  const value = Buffer.from(text, 'latin1');
  const inner = Buffer.concat([varuint(value.length), value]);
  return PENDING + Buffer.concat([varuint(inner.length), inner]).toString('hex');
};

function varuint(value: number): Buffer {
  return value < 0x80 ? Buffer.of(value) : Buffer.of((value & 0x7f) | 0x80, value >> 7);
}

describe('the worked example', () => {
  const proof = parseOtsProof(bytes(EXAMPLE));

  it('says what the format page says', () => {
    expect(EXAMPLE.length / 2).toBe(112);
    expect(proof.fileHash).toBe('sha256');
    const found = attestedMessages(proof.timestamp);
    expect(found.map(({ attestation }) => attestation)).toEqual([
      { kind: 'bitcoin', height: 300 },
      { kind: 'pending', uri: 'https://cal.example' },
    ]);
    for (const { message, operationCount } of found) {
      expect(hex(message)).toBe('1dd258faeff7e32ce7970afc66851bdfd7e11599b4207c6c0027b19c1cd603b8');
      expect(operationCount).toBe(2);
    }
  });

  it('is written back byte for byte', () => {
    expect(hex(encodeOtsProof(proof))).toBe(EXAMPLE);
  });

  it('is refused when cut at any byte', () => {
    for (let end = 0; end < bytes(EXAMPLE).length; end++) {
      expectRefusal('E_FIELD', () => parseOtsProof(bytes(EXAMPLE).slice(0, end)));
    }
  });

  it('is refused with anything after it', () => {
    expect(refusalOf(`${EXAMPLE}00`)).toEqual({ rule: 'ots-end', at: 112 });
  });
});

describe('the public example', () => {
  it('leads from its file to the root of block 358391', () => {
    const found = attestedMessages(parseOtsProof(fixture('hello-world.txt.ots')).timestamp);
    const header = readFileSync(
      new URL('../../../../fixtures/ots/block-358391.hex', import.meta.url),
      'utf8',
    );
    expect(found.map(({ attestation }) => attestation)).toEqual([
      { kind: 'bitcoin', height: 358_391 },
    ]);
    expect(found.map(({ message }) => hex(message))).toEqual([header.slice(72, 136)]);
  });

  it('is refused when cut at any byte', () => {
    const whole = fixture('hello-world.txt.ots');
    for (let end = 0; end < whole.length; end++) {
      expectRefusal('E_FIELD', () => parseOtsProof(whole.slice(0, end)));
    }
  });
});

describe('strict reading', () => {
  it.each<[string, string, Rule, number]>([
    ['another file', EXAMPLE.replace('4f70', '4f71'), 'ots-magic', 0],
    ['a later version', EXAMPLE.replace(`${MAGIC}01`, `${MAGIC}02`), 'ots-version', 31],
    [
      'a longer form of the version',
      EXAMPLE.replace(`${MAGIC}01`, `${MAGIC}8100`),
      'ots-version',
      31,
    ],
    ['keccak256 of a file', EXAMPLE.replace(`${MAGIC}0108`, `${MAGIC}0167`), 'ots-operation', 32],
    ['an unknown operation', `${START}09${BLOCK_300}`, 'ots-operation', START_BYTES],
    ['a marker before no branch', `${START}ff${BLOCK_300}`, 'ots-cut', START_BYTES + 13],
    ['two markers', `${START}ffff${BLOCK_300}${BLOCK_300}`, 'ots-operation', START_BYTES + 1],
    ['an operation that leads to nothing', `${START}08`, 'ots-cut', START_BYTES + 1],
    ['an empty argument', `${START}f000${BLOCK_300}`, 'ots-length', START_BYTES + 1],
    [
      'a long argument',
      `${START}f08120${'00'.repeat(4097)}${BLOCK_300}`,
      'ots-length',
      START_BYTES + 1,
    ],
    [
      'a long message',
      `${START}f0f01f${'00'.repeat(4080)}${BLOCK_300}`,
      'ots-message',
      START_BYTES,
    ],
    [
      'hexlify of a long message',
      `${START}f0f00f${'00'.repeat(2032)}f3${BLOCK_300}`,
      'ots-message',
      START_BYTES + 2035,
    ],
    ['a payload that is not used up', `${START}${BITCOIN}03ac0200`, 'ots-end', START_BYTES + 12],
    ['a payload that ends early', `${START}${BITCOIN}01ac02`, 'ots-cut', START_BYTES + 11],
    [
      'a long payload',
      `${START}00${'11'.repeat(8)}8140${'00'.repeat(8193)}`,
      'ots-length',
      START_BYTES + 9,
    ],
    ['a height of 2^32', `${START}${BITCOIN}058080808010`, 'ots-height', START_BYTES + 10],
    ['a number of 2^53', `${START}${BITCOIN}088080808080808010`, 'ots-varuint', START_BYTES + 10],
    [
      'a number of nine bytes',
      `${START}${BITCOIN}09818080808080808000`,
      'ots-varuint',
      START_BYTES + 10,
    ],
    ['an empty address', `${START}${uri('')}`, 'ots-length', START_BYTES + 10],
    ['a long address', `${START}${uri('a'.repeat(1_001))}`, 'ots-length', START_BYTES + 11],
    ['an address with a query', `${START}${uri('https://a/?b')}`, 'ots-uri', START_BYTES + 10],
    ['an address with a user', `${START}${uri('https://a@b')}`, 'ots-uri', START_BYTES + 10],
    ['an address with an escape', `${START}${uri('https://a/%41')}`, 'ots-uri', START_BYTES + 10],
    ['an address of bytes', `${START}${uri('https://\xff')}`, 'ots-uri', START_BYTES + 10],
    [
      '256 operations in a row',
      `${START}${'08'.repeat(256)}${BLOCK_300}`,
      'ots-depth',
      START_BYTES + 255,
    ],
  ])('refuses %s', (_, text, rule, at) => {
    expect(refusalOf(text)).toEqual({ rule, at });
  });

  it.each([
    ['255 operations in a row', `${START}${'08'.repeat(255)}${BLOCK_300}`],
    ['a message of 4,096 bytes', `${START}f0e01f${'00'.repeat(4064)}${BLOCK_300}`],
    ['hexlify of 2,048 bytes', `${START}f0e00f${'00'.repeat(2016)}f3${BLOCK_300}`],
    [
      'a payload of 8,192 bytes of an unknown kind',
      `${START}00${'11'.repeat(8)}8040${'00'.repeat(8192)}`,
    ],
    ['the highest height', `${START}${BITCOIN}05ffffffff0f`],
    ['an address of 1,000 bytes', `${START}${uri('a'.repeat(1_000))}`],
    ['each operation', `${START}020308f3f267f1020102${BLOCK_300}`],
  ])('takes %s, and writes it back', (_, text) => {
    expect(hex(encodeOtsProof(parseOtsProof(bytes(text))))).toBe(text);
  });

  it('takes a number in a longer form, and writes it in the shortest', () => {
    const read = parseOtsProof(bytes(`${START}${BITCOIN}03818000`));
    expect(read.timestamp.attestations).toEqual([{ kind: 'bitcoin', height: 1 }]);
    expect(hex(encodeOtsProof(read))).toBe(`${START}${BITCOIN}0101`);
  });

  it.each([
    ['an attestation twice', `ff${BLOCK_300}${BLOCK_300}`, BLOCK_300],
    ['an operation twice', `ff08${BLOCK_300}08${uri('b')}`, `08ff${BLOCK_300}${uri('b')}`],
    [
      'another order',
      `ff08${BLOCK_300}ff${uri('b')}${BLOCK_300}`,
      `ff${BLOCK_300}ff${uri('b')}08${BLOCK_300}`,
    ],
    [
      'arguments in another order',
      `fff00202${'00'}${BLOCK_300}f00101${BLOCK_300}`,
      `fff00101${BLOCK_300}f0020200${BLOCK_300}`,
    ],
  ])('takes %s, and loses nothing', (_, text, written) => {
    const proof = parseOtsProof(bytes(START + text));
    expect(hex(encodeOtsProof(proof))).toBe(START + written);
    expect(parseOtsProof(bytes(START + written))).toEqual(proof);
  });

  it('refuses a file of more than 1 MiB before it reads it', () => {
    expectRefusal('E_TOO_LARGE', () => parseOtsProof(new Uint8Array(1_048_577)));
  });

  it('refuses a small file that asks for gigabytes of hashing, soon', () => {
    const long = `f0e00f${'00'.repeat(2016)}`; // a message of 2,048 bytes
    const branch = `f2${BLOCK_300}`;
    const branches = Array.from(
      { length: 20_000 },
      (_, i) => `fff002${i.toString(16).padStart(4, '0')}${BLOCK_300}`,
    );
    const file = `${START}${long}${branches.join('')}${branch}`;
    const startMs = performance.now();
    expect(refusalOf(file).rule).toBe('ots-work');
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  it.each([
    ['bytes', bytes(EXAMPLE)],
    ['a buffer, whose slices are views', Buffer.from(EXAMPLE, 'hex')],
  ])('keeps no view of %s', (_, input) => {
    const proof = parseOtsProof(input);
    input.fill(0);
    expect(hex(encodeOtsProof(proof))).toBe(EXAMPLE);
  });
});

describe('writing', () => {
  it('refuses a tree that begins at no digest of this kind', () => {
    const { timestamp } = parseOtsProof(bytes(EXAMPLE));
    expect(() => encodeOtsProof({ fileHash: 'sha1', timestamp })).toThrow(TypeError);
  });

  it('refuses a node that says nothing', () => {
    const empty = { message: bytes(ABC), attestations: [], branches: [] };
    expect(() => encodeOtsProof({ fileHash: 'sha256', timestamp: empty })).toThrow(TypeError);
  });
});
