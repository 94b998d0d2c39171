/** What is done to executables before they are shipped: signing, unsigning, and the hash of what they are made of. @module */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signAdHoc } from '../../scripts/binaries/mach-o.mjs';
import { withoutSignature } from '../../scripts/binaries/pe.mjs';
import { fetchRuntime, TARGETS } from '../../scripts/binaries/runtimes.mjs';
import { checkMachOSignature } from '../support/mach-o-check.ts';
import { makeFolder } from '../support/run-cli.ts';

const HEADER = 32;
const SEGMENT = 72;
const SECTION = 80;

/** A Mach-O file without code: header, __TEXT with one section, __LINKEDIT at the end. */
function makeMachO({
  textBytes = 20_000,
  linkEditBytes = 333,
  room = 64,
  cpu = 0x0100000c,
} = {}): Buffer {
  const commands = SEGMENT + SECTION + SEGMENT;
  const firstSection = HEADER + commands + room;
  const file = Buffer.alloc(textBytes + linkEditBytes);
  for (let i = firstSection; i < file.length; i++) file[i] = (i * 31) % 251;
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(cpu, 4);
  file.writeUInt32LE(2, 16);
  file.writeUInt32LE(commands, 20);
  writeSegment(file, HEADER, '__TEXT', 0, textBytes, SEGMENT + SECTION, 1);
  file.writeUInt32LE(firstSection, HEADER + SEGMENT + 48);
  writeSegment(
    file,
    HEADER + SEGMENT + SECTION,
    '__LINKEDIT',
    textBytes,
    linkEditBytes,
    SEGMENT,
    0,
  );
  return file;
}

function writeSegment(
  file: Buffer,
  at: number,
  name: string,
  offset: number,
  bytes: number,
  commandBytes: number,
  sections: number,
): void {
  file.writeUInt32LE(0x19, at);
  file.writeUInt32LE(commandBytes, at + 4);
  file.write(name, at + 8, 'latin1');
  file.writeBigUInt64LE(BigInt(offset), at + 24);
  file.writeBigUInt64LE(BigInt(bytes), at + 32);
  file.writeBigUInt64LE(BigInt(offset), at + 40);
  file.writeBigUInt64LE(BigInt(bytes), at + 48);
  file.writeUInt32LE(sections, at + 64);
}

describe('signing for macOS', () => {
  it.each([0x0100000c, 0x01000007])(
    'every page of the file is in the signature, processor %i',
    (cpu) => {
      const signed = signAdHoc(makeMachO({ cpu }), 'kapsel-verify');
      const report = checkMachOSignature(signed);
      expect(report).toEqual({
        identifier: 'kapsel-verify',
        isAdHoc: true,
        badPages: [],
        pages: 5,
      });
      // Signing what is signed changes nothing.
      expect(signAdHoc(signed, 'kapsel-verify').equals(signed)).toBe(true);
    },
  );

  it('one changed byte is one bad page, wherever it is', () => {
    const signed = signAdHoc(makeMachO(), 'kapsel-verify');
    for (const [at, page] of [
      [300, 0],
      [4_096, 1],
      [20_332, 4],
    ] as const) {
      const changed = Buffer.from(signed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(checkMachOSignature(changed).badPages).toEqual([page]);
    }
  });

  it('replaces an older signature, whatever its length', () => {
    const long = signAdHoc(makeMachO(), 'a.much.longer.identifier.of.somebody.else');
    const once = signAdHoc(makeMachO(), 'kapsel-verify');
    expect(signAdHoc(long, 'kapsel-verify').equals(once)).toBe(true);
  });

  it('refuses what it cannot sign whole', () => {
    const cut = makeMachO();
    cut.writeUInt32LE(5, HEADER + 4);
    const beyond = makeMachO();
    beyond.writeBigUInt64LE(2n ** 40n, HEADER + SEGMENT + SECTION + 48);
    const more = Buffer.concat([makeMachO(), Buffer.alloc(7)]);
    for (const file of [
      Buffer.from('#!/bin/sh\n'),
      Buffer.alloc(400),
      makeMachO({ room: 8 }),
      cut,
      beyond,
      more,
    ]) {
      expect(() => signAdHoc(file, 'kapsel-verify')).toThrow(Error);
    }
  });
});

describe('unsigning for Windows', () => {
  function makePe(signatureBytes: number): Buffer {
    const file = Buffer.alloc(1_024 + signatureBytes, 7);
    file.writeUInt32LE(128, 0x3c);
    file.writeUInt32LE(0x4550, 128);
    file.writeUInt16LE(0x20b, 152);
    const entry = 152 + 112 + 32;
    file.writeUInt32LE(signatureBytes === 0 ? 0 : 1_024, entry);
    file.writeUInt32LE(signatureBytes, entry + 4);
    return file;
  }

  it('cuts the signature off and forgets where it was', () => {
    expect(withoutSignature(makePe(96)).equals(makePe(0))).toBe(true);
    expect(withoutSignature(makePe(0)).equals(makePe(0))).toBe(true);
  });

  it('refuses what it does not understand', () => {
    const trailing = Buffer.concat([makePe(96), Buffer.of(0)]);
    const unknown = makePe(96);
    unknown.writeUInt16LE(0x107, 152);
    for (const file of [trailing, unknown, Buffer.alloc(2_000)]) {
      expect(() => withoutSignature(file)).toThrow(Error);
    }
  });
});

it('a runtime with another hash is refused, and does not stay', () => {
  const [target] = TARGETS;
  if (target === undefined) throw new Error('no target');
  const cache = makeFolder();
  const tarball = join(cache, `${target.npmName}-22.23.2.tgz`);
  writeFileSync(tarball, 'something else');
  expect(() => fetchRuntime(target, cache)).toThrow('want');
  expect(existsSync(tarball)).toBe(false);
});
