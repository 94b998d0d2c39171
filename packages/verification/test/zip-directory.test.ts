/** The directory of an archive: any one byte of it may be wrong, and the names in it may try something. @module */
import { describe, expect, it } from 'vitest';
import { readFixtureArchive } from '../../../test/support/fixture-archives.ts';
import { InputError } from '../src/input-refusal.ts';
import { archiveOfBytes } from '../src/read-input.ts';
import { readZipEntry } from '../src/zip.ts';
import { faultOfEntryName, readZipDirectory } from '../src/zip-directory.ts';
import { UNPACKERS } from './node-unpackers.ts';

const { bytes: GOOD } = readFixtureArchive('sound-two-files.zip');

/** Names and contents, or the code of the refusal. */
async function unpack(zip: Uint8Array, maxEntries = 100): Promise<string> {
  const archive = archiveOfBytes(zip);
  try {
    const texts: string[] = [];
    for (const entry of await readZipDirectory(archive, maxEntries)) {
      const parts: Uint8Array[] = [];
      for await (const part of readZipEntry(archive, entry, UNPACKERS.inflateRaw)) parts.push(part);
      texts.push(Buffer.concat(parts).toString());
    }
    return texts.join('|');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.refusal.code;
  }
}

describe('an archive', () => {
  it('survives the change of any one byte without another kind of failure', async () => {
    const whole = await unpack(GOOD);
    expect(whole).toMatch(/^\{.*\}\|\{.*\}$/);
    for (let at = 0; at < GOOD.length; at++) {
      const zip = new Uint8Array(GOOD);
      zip[at] = (zip[at] ?? 0) ^ 0xff;
      expect(['E_FIELD', 'E_TOO_LARGE', whole]).toContain(await unpack(zip));
    }
  });

  it('cut off at any place is refused', async () => {
    for (let length = 0; length < GOOD.length; length += 7) {
      expect(await unpack(GOOD.subarray(0, length))).toBe('E_FIELD');
    }
  });

  it('with more entries than allowed is refused', async () => {
    expect(await unpack(GOOD, 1)).toBe('E_TOO_LARGE');
  });

  it('is never asked for bytes that it does not have', async () => {
    const asked: [number, number][] = [];
    const archive = {
      sizeBytes: GOOD.length,
      read: async (offset: number, length: number) => {
        asked.push([offset, length]);
        return GOOD.subarray(offset, offset + length);
      },
    };
    await readZipDirectory(archive, 100);
    for (const [offset, length] of asked) {
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset + length).toBeLessThanOrEqual(GOOD.length);
    }
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
