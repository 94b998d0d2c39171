/** Reading files up to the limit. @module */
import { describe, expect, it } from 'vitest';
import { entryFromText, MAX_PACKAGE_BYTES, readEntry } from '../src/read-files.ts';

describe('readEntry', () => {
  it('reads a file of exactly the limit', async () => {
    const entry = await readEntry(1, new File(['x'.repeat(MAX_PACKAGE_BYTES)], 'a.json'));
    expect(entry.content.kind).toBe('bytes');
    expect(entry).toMatchObject({ id: 1, name: 'a.json', sizeBytes: MAX_PACKAGE_BYTES });
  });
  it('does not read one byte more', async () => {
    const file = new File(['x'.repeat(MAX_PACKAGE_BYTES + 1)], 'a.json');
    file.arrayBuffer = () => Promise.reject(new Error('was read'));
    expect((await readEntry(1, file)).content).toEqual({ kind: 'too-large' });
  });
  it('makes an entry of a file that cannot be read', async () => {
    const file = new File(['x'], 'folder');
    file.arrayBuffer = () => Promise.reject(new DOMException('a folder', 'NotFoundError'));
    expect((await readEntry(1, file)).content).toEqual({ kind: 'unreadable' });
  });
});

describe('entryFromText', () => {
  it('counts bytes, not characters', () => {
    expect(entryFromText(1, 'pasted', 'ä').sizeBytes).toBe(2);
    expect(entryFromText(1, 'pasted', 'ä'.repeat(MAX_PACKAGE_BYTES / 2 + 1)).content).toEqual({
      kind: 'too-large',
    });
  });
});
