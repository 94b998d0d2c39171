/** Headers as people hand them over: both byte orders of a root, both forms of a file, and nothing else. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGivenHeader, parseHeaderFile } from '../../src/ots/given-headers.ts';
import { bitcoinMainnet } from '../../src/ots/mainnet.ts';
import { parseOtsProof } from '../../src/ots/proof.ts';
import { verifyAnchor } from '../../src/ots/verify-anchor.ts';
import { hex, utf8 } from '../make-package.ts';
import { expectRefusal } from '../refusal.ts';
import { joined, LAB, mineRun } from './make-headers.ts';

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../../fixtures/ots/${name}`, import.meta.url)));
const HEADER = Buffer.from(fixture('block-358391.hex')).toString().trim();
const SHOWN_ROOT = '8a1b66ecb7cbd07d8139a7e7d7f2c41aab1f5009b8364aaf61d03ad245e47e00';
const ROOT_OF_BYTES = HEADER.slice(72, 136);

function stateBy(text: string): string {
  const chain = bitcoinMainnet();
  const proof = parseOtsProof(fixture('hello-world.txt.ots'));
  const headers = [parseGivenHeader(text, chain)];
  return verifyAnchor(proof, fixture('hello-world.txt'), { chain, headers }).state;
}

describe('a typed header', () => {
  it.each([
    ['a root as explorers show it', SHOWN_ROOT],
    ['a root in the order of the header', ROOT_OF_BYTES],
    ['a root in capitals', SHOWN_ROOT.toUpperCase()],
    ['a header', HEADER],
  ])('is %s', (_, hexText) => {
    expect(stateBy(`358391:${hexText}`)).toBe('confirmed');
    expect(stateBy(` 358391:${hexText}\n`)).toBe('confirmed');
    expect(stateBy(`358392:${hexText}`)).toBe('header_not_given');
  });

  it('contradicts with any other root', () => {
    expect(stateBy(`358391:${SHOWN_ROOT.replace(/^8/, '9')}`)).toBe('mismatch');
  });

  it.each([
    '',
    '358391',
    SHOWN_ROOT,
    `-1:${SHOWN_ROOT}`,
    `0358391:${SHOWN_ROOT}`,
    `4294967296:${SHOWN_ROOT}`,
    `358391:${SHOWN_ROOT.slice(1)}`,
    `358391:${SHOWN_ROOT}00`,
    `358391:0x${SHOWN_ROOT}`,
  ])('is refused as %j', (text) => {
    expectRefusal('E_FIELD', () => parseGivenHeader(text, bitcoinMainnet()));
  });

  it('is refused without work', () => {
    const weak = HEADER.replace(/.{8}$/, '00000000');
    expectRefusal('E_ANCHOR_MISMATCH', () => parseGivenHeader(`358391:${weak}`, bitcoinMainnet()));
  });
});

describe('a header file', () => {
  const headers = mineRun(3);

  it.each([
    ['bytes', joined(headers)],
    ['lines', utf8(`${headers.map(hex).join('\n')}\n`)],
    ['lines of another system', utf8(headers.map(hex).join('\r\n').toUpperCase())],
  ])('is %s', (_, file) => {
    expect(parseHeaderFile(file, 100, LAB)).toMatchObject({ count: 3, firstHeight: 100 });
  });

  it('is refused with a line that is no header, and as other bytes', () => {
    const short = `${hex(headers[0] as Uint8Array)}\nabcd\n`;
    expectRefusal('E_FIELD', () => parseHeaderFile(utf8(short), 100, LAB));
    expectRefusal('E_ANCHOR_MISMATCH', () => parseHeaderFile(utf8('no headers'), 100, LAB));
    expectRefusal('E_ANCHOR_MISMATCH', () => parseHeaderFile(new Uint8Array(0), 100, LAB));
  });
});
