/** The signatures of `fixtures/ed25519`: published vectors, and every class on which engines disagree. @module */
import { spawnSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it, test } from 'vitest';
import {
  type FixtureSignature,
  readFixtureSignatures,
} from '../../../test/support/fixture-signatures.ts';
import { bytesFromHex } from '../src/bytes.ts';
import { isStrictPublicKey, verifyEd25519 } from '../src/ed25519.ts';

const FILES = readFixtureSignatures();
const MAKE = fileURLToPath(new URL('../../../fixtures/make-ed25519.mjs', import.meta.url));

function casesOf(name: string): readonly FixtureSignature[] {
  const file = FILES.find((each) => each.name === name);
  if (file === undefined) throw new Error(`no fixtures/ed25519/${name}.json`);
  return file.cases;
}

/** One letter a case, V for accepted and X for refused, as such tables are printed. */
function row(
  cases: readonly FixtureSignature[],
  accepts: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean,
): string {
  const letters = cases.map(({ signature, message, public_key }) => {
    const [s, m, a] = [signature, message, public_key].map(bytesFromHex);
    if (s === undefined || m === undefined || a === undefined) throw new Error('no bytes');
    return accepts(s, m, a) ? 'V' : 'X';
  });
  return letters.join('');
}

/** The most permissive rules in use: any encoding, any order, the equation times 8 (ZIP 215). */
function acceptsCofactored(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  return signature.length === 64 && ed25519.verify(signature, message, key, { zip215: true });
}

function acceptsOpenSsl(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, message, publicKey, signature);
}

describe.each(FILES)('fixtures/ed25519/$name.json', ({ cases }) => {
  it.each(cases)('$expect: $desc', ({ expect: answer, public_key, message, signature }) => {
    const [key, text, signed] = [public_key, message, signature].map(bytesFromHex);
    if (key === undefined || text === undefined || signed === undefined)
      throw new Error('no bytes');
    expect(verifyEd25519(signed, text, key)).toBe(answer === 'accept');
    if (answer === 'accept') expect(isStrictPublicKey(key)).toBe(true);
  });
});

test('the files are there, and say where they come from', () => {
  const counts = FILES.map(({ name, cases }) => [name, cases.length]);
  expect(Object.fromEntries(counts)).toEqual({
    'low-order': 396,
    rfc8032: 5,
    speccheck: 15,
    wycheproof: 80,
  });
  for (const { source, licence } of FILES) expect(`${source} ${licence}`).toMatch(/\S+ \S+/);
});

describe('the fixtures are what they say', () => {
  it('RFC 8032 and Wycheproof: every engine agrees', () => {
    for (const name of ['rfc8032', 'wycheproof']) {
      const wanted = casesOf(name).map(({ expect: answer }) => (answer === 'accept' ? 'V' : 'X'));
      expect(row(casesOf(name), acceptsCofactored)).toBe(wanted.join(''));
      expect(row(casesOf(name), acceptsOpenSsl)).toBe(wanted.join(''));
    }
  });

  it('speccheck: the published twelve split the engines as published', () => {
    const published = casesOf('speccheck').filter(({ desc }) => !desc.startsWith('early'));
    expect(row(published, acceptsCofactored)).toBe('VVVVVVXXXVVV');
    expect(row(published, verifyEd25519)).toBe('XXXXXXXXXXXX');
  });

  it('low order: the equation holds in each, so that only our rules refuse it', () => {
    const cases = casesOf('low-order');
    expect(row(cases, acceptsCofactored)).toBe('V'.repeat(cases.length));
    const accepted = cases.filter(({ expect: answer }) => answer === 'accept');
    expect(accepted.map(({ desc }) => desc)).toEqual(['A of prime order; R of prime order; holds']);
  });

  it('low order: all classes are there', () => {
    const classes = new Set(
      casesOf('low-order').map(({ desc }) => desc.replaceAll(/ \d+|, encoding \d+/g, '')),
    );
    const orders = (letter: string) =>
      ['small', 'mixed', 'of prime order'].map((order) => `${letter} ${order}`);
    const wanted = orders('A').flatMap((a) =>
      orders('R').flatMap((r) => [`${a}; ${r}; holds`, `${a}; ${r}; cofactored`]),
    );
    // Without torsion on either side nothing is left over.
    const impossible = [
      'A of prime order; R of prime order; cofactored',
      'A of prime order; R mixed; holds',
    ];
    expect([...classes].sort()).toEqual(wanted.filter((name) => !impossible.includes(name)).sort());
  });

  it('low order: the file on disk is the one that its program makes', () => {
    const run = spawnSync(process.execPath, [MAKE, '--check'], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });
});
