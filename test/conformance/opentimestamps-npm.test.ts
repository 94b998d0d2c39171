/** npm's opentimestamps agrees on well-formed files; where it does not refuse what is broken, this code does. @module */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  attestedMessages,
  encodeOtsProof,
  hexFromBytes,
  parseOtsProof,
  VerificationError,
} from '@kapsel/verification';
import { describe, expect, it } from 'vitest';

/** What is used of it; it has no types. */
interface NpmAttestation {
  readonly height?: number;
  readonly uri?: string;
}
interface NpmFile {
  serializeToBytes(): Uint8Array;
  readonly timestamp: { allAttestations(): Iterable<[Uint8Array, NpmAttestation]> };
}
interface Npm {
  readonly DetachedTimestampFile: { deserialize(bytes: Uint8Array): NpmFile };
}

const npm = createRequire(import.meta.url)('opentimestamps') as Npm;
const EXAMPLES = new URL('../../node_modules/opentimestamps/examples/', import.meta.url);
const FILES = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ots'));
const example = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, EXAMPLES)));

const HEAD = '004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e892940108';
const DIGEST = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const BITCOIN_300 = '000588960d73d7190102ac02';
const PENDING = '0083dfe30d2ef90c8e141368747470733a2f2f63616c2e6578616d706c65';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const oursOf = (file: Uint8Array) => attestedMessages(parseOtsProof(file).timestamp);

/** Message and height or address of each attestation that both know, sorted. */
function theirs(file: Uint8Array): string[] {
  const found = npm.DetachedTimestampFile.deserialize(file).timestamp.allAttestations();
  return [...found]
    .map(([message, { height, uri }]) => `${hexFromBytes(message)} ${height ?? uri ?? 'unknown'}`)
    .sort();
}

function ours(file: Uint8Array): string[] {
  return oursOf(file)
    .map(({ message, attestation }) => {
      const place = attestation.kind === 'pending' ? attestation.uri : null;
      const height = 'height' in attestation ? `${attestation.height}` : null;
      return `${hexFromBytes(message)} ${place ?? height ?? 'unknown'}`;
    })
    .sort();
}

describe("npm's library", () => {
  it.each(FILES)('finds the same messages, heights and calendars in its example %s', (name) => {
    expect(ours(example(name))).toEqual(theirs(example(name)));
  });

  it.each(FILES)('reads %s as it is written here', (name) => {
    const written = encodeOtsProof(parseOtsProof(example(name)));
    expect(theirs(written)).toEqual(theirs(example(name)));
    const again = npm.DetachedTimestampFile.deserialize(written).serializeToBytes();
    expect(hexFromBytes(encodeOtsProof(parseOtsProof(new Uint8Array(again))))).toBe(
      hexFromBytes(written),
    );
  });
});

describe('differences that are meant', () => {
  it('npm takes a file that was cut, and makes another height of it', () => {
    const cut = bytes(`${HEAD}${DIGEST}${BITCOIN_300}`).slice(0, -1);
    expect(theirs(cut)[0]).toMatch(/ \d+$/);
    expect(theirs(cut)[0]).not.toMatch(/ 300$/);
    expect(() => parseOtsProof(cut)).toThrow(VerificationError);
  });

  it('npm loses an attestation beside another one', () => {
    const both = bytes(`${HEAD}${DIGEST}ff${BITCOIN_300}${PENDING}`);
    expect(oursOf(both)).toHaveLength(2);
    expect(theirs(both)).toHaveLength(1);
  });
});
