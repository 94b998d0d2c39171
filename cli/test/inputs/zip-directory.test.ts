/** Archives that try something: each is refused, none unpacks more than it may. @module */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/inputs/item.ts';
import { faultOfEntryName, readZipDirectory } from '../../src/inputs/zip-directory.ts';
import { readZipEntry } from '../../src/inputs/zip-entry.ts';
import { archiveOfBytes } from '../../src/inputs/zip-file.ts';
import { zipOfFiles } from '../../src/zip-writer.ts';

const TEXT = Buffer.from('{"hello":"world"}'.repeat(10));
const GOOD = zipOfFiles([
  { name: 'a.json', bytes: TEXT },
  { name: 'b.json', bytes: TEXT },
]);

/** All entries unpacked, or the code of the refusal. */
async function unpack(zip: Buffer, maxEntries = 100): Promise<string> {
  const archive = archiveOfBytes(zip);
  try {
    const texts: string[] = [];
    for (const entry of await readZipDirectory(archive, maxEntries)) {
      const parts: Uint8Array[] = [];
      for await (const part of readZipEntry(archive, entry)) parts.push(part);
      texts.push(Buffer.concat(parts).toString());
    }
    return texts.join('|');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.refusal.code;
  }
}

/** The archive with one field of every directory entry, or of every local header, set. */
function withField(signature: string, offset: number, bytes: readonly number[]): Buffer {
  const zip = Buffer.from(GOOD);
  const mark = Buffer.from(signature, 'latin1');
  for (let at = zip.indexOf(mark); at !== -1; at = zip.indexOf(mark, at + 4)) {
    Buffer.from(bytes).copy(zip, at + offset);
  }
  return zip;
}

const ENTRY = 'PK\u0001\u0002';
const LOCAL = 'PK\u0003\u0004';
const END = 'PK\u0005\u0006';

describe('an archive', () => {
  it('that is sound gives its files', async () => {
    expect(await unpack(GOOD)).toBe(`${TEXT}|${TEXT}`);
  });

  it.each<[string, Buffer]>([
    ['encrypted entries', withField(ENTRY, 8, [1, 8])],
    ['another method', withField(ENTRY, 10, [12, 0])],
    ['a forged checksum', withField(ENTRY, 16, [1, 2, 3, 4])],
    ['a size forged downwards', withField(ENTRY, 24, [9, 0, 0, 0])],
    ['a size forged upwards', withField(ENTRY, 24, [0xff, 0xff, 0, 0])],
    ['a packed size beyond the file', withField(ENTRY, 20, [0xff, 0xff, 0xff, 0])],
    ['a symbolic link', withField(ENTRY, 40, [0xff, 0xa1])],
    ['entries at one place', withField(ENTRY, 42, [0, 0, 0, 0])],
    ['an entry beyond the file', withField(ENTRY, 42, [0xff, 0xff, 0xff, 0])],
    ['another method in the header', withField(LOCAL, 8, [0, 0])],
    ['another name in the header', withField(LOCAL, 30, [0x7a])],
    ['a header that is none', withField(LOCAL, 0, [0, 0, 0, 0])],
    ['several disks', withField(END, 4, [1, 0])],
    ['fewer entries than there are', withField(END, 8, [1, 0, 1, 0])],
    ['more entries than there are', withField(END, 8, [3, 0, 3, 0])],
    ['a directory elsewhere', withField(END, 16, [1, 0, 0, 0])],
    ['zip64 without its record', withField(END, 8, [0xff, 0xff, 0xff, 0xff])],
    ['a comment that is not there', withField(END, 20, [9, 0])],
    ['something behind it', Buffer.concat([GOOD, Buffer.from('x')])],
    ['something in front of it', Buffer.concat([Buffer.from('x'), GOOD])],
    ['its end cut off', GOOD.subarray(0, -5)],
    ['nothing in it', Buffer.alloc(0)],
    ['random bytes', Buffer.alloc(5_000, 'PK\u0005\u0006')],
    [
      'a name twice',
      zipOfFiles([
        { name: 'a', bytes: TEXT },
        { name: 'a', bytes: TEXT },
      ]),
    ],
    ['a name that climbs', zipOfFiles([{ name: '../a.json', bytes: TEXT }])],
  ])('with %s is refused', async (_what, zip) => {
    expect(await unpack(zip)).toBe('E_FIELD');
  });

  it('with more entries than allowed is refused', async () => {
    expect(await unpack(GOOD, 1)).toBe('E_TOO_LARGE');
  });

  it('never gives more than its directory says, however much is packed', async () => {
    // The directory promises 170 bytes; the data holds 50 MB.
    const bomb = deflateRawSync(Buffer.alloc(50_000_000));
    const [head, tail] = [Buffer.from(GOOD), Buffer.from(GOOD)];
    const dataAt = 30 + 'a.json'.length;
    const zip = Buffer.concat([head.subarray(0, dataAt), bomb, tail.subarray(head.indexOf(ENTRY))]);
    const entryAt = zip.indexOf(Buffer.from(ENTRY, 'latin1'));
    zip.writeUInt32LE(bomb.length, entryAt + 20);
    const one = Buffer.concat([
      zip.subarray(0, entryAt + 46 + 6),
      Buffer.from('504b05060000000001000100', 'hex'),
      Buffer.alloc(10),
    ]);
    one.writeUInt32LE(52, one.length - 10);
    one.writeUInt32LE(entryAt, one.length - 6);
    expect(await unpack(one)).toBe('E_FIELD');
  });

  it('survives the change of any one byte without another kind of failure', async () => {
    for (let at = 0; at < GOOD.length; at++) {
      const zip = Buffer.from(GOOD);
      zip[at] = (zip[at] ?? 0) ^ 0xff;
      const found = await unpack(zip);
      expect(['E_FIELD', 'E_TOO_LARGE', `${TEXT}|${TEXT}`]).toContain(found);
    }
  });

  it('may have more than 65,535 entries', async () => {
    const many = Array.from({ length: 65_600 }, (_, i) => ({
      name: `${i}`,
      bytes: new Uint8Array(),
    }));
    const entries = await readZipDirectory(archiveOfBytes(zipOfFiles(many)), 100_000);
    expect(entries).toHaveLength(65_600);
  });
});

it.each([
  ['', 'is empty'],
  ['a\0b', 'holds a NUL'],
  ['a\\b', 'holds a backslash'],
  ['/etc/passwd', 'is absolute'],
  ['C:x', 'names a drive'],
  ['a/../../b', 'leads out of its folder'],
  ['a//b', 'has an empty part'],
])('the name %j %s', (name, fault) => {
  expect(faultOfEntryName(name)).toBe(fault);
  expect(faultOfEntryName(`x/${'good'}.json`)).toBeNull();
});
