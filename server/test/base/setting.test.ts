/** Texts of the environment, and of files it names, become values, or are refused in words that complete "NAME …". @module */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import {
  flag,
  list,
  longSecret,
  namesOf,
  optionalSecret,
  optionalText,
  readSetting,
  secretSetting,
  setting,
  text,
  whole,
} from '../../src/base/setting.ts';

describe('the parsers of settings', () => {
  it('read what they are for', () => {
    expect(text('a')).toBe('a');
    expect(optionalText('')).toBeNull();
    expect(optionalText('a')).toBe('a');
    expect(whole(1, 10)('10')).toBe(10);
    expect(['1', 'true', '0', 'false', ''].map(flag)).toEqual([true, true, false, false, false]);
    expect(list(' a ,, b,')).toEqual(['a', 'b']);
    expect(optionalSecret('')).toBeNull();
    expect(optionalSecret('s')?.reveal()).toBe('s');
    expect(longSecret('')).toBeNull();
    expect(longSecret('0123456789abcdef0123456789abcde=')?.reveal()).toHaveLength(32);
    expect(setting('KAPSEL_X', '1', flag, 'Sentence.').parse('0')).toBe(false);
  });

  it.each([
    ['empty text', () => text('')],
    ['zero below one', () => whole(1, 10)('0')],
    ['eleven above ten', () => whole(1, 10)('11')],
    ['a sign', () => whole(-5, 10)('-1')],
    ['a fraction', () => whole(1, 10)('1.5')],
    ['a word', () => flag('yes')],
    ['a secret that is short', () => longSecret('0123456789abcdef0123456789abcde')],
    ['a secret with a space', () => longSecret(`${'x'.repeat(40)} y`)],
  ])('refuse %s', (_name, read) => {
    expect(read).toThrow();
  });

  it('keep a secret out of texts', () => {
    const secret = optionalSecret('hunter2');
    expect(secret).toBeInstanceOf(Secret);
    expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('hunter2');
  });
});

describe('a secret', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kapsel-setting-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const passphrase = secretSetting('KAPSEL_X', optionalSecret, 'Sentence.');
  const read = (env: Record<string, string>): string | undefined =>
    readSetting(passphrase, env)?.reveal();

  async function fileWith(content: string): Promise<string> {
    const path = join(folder, 'secret');
    await writeFile(path, content);
    return path;
  }

  it('comes from the environment or from a file, whose line end is not part of it', async () => {
    expect(namesOf(passphrase)).toEqual(['KAPSEL_X', 'KAPSEL_X_FILE']);
    expect(read({})).toBeUndefined();
    expect(read({ KAPSEL_X: 'hunter2' })).toBe('hunter2');
    for (const content of ['hunter2', 'hunter2\n', 'hunter2\r\n']) {
      expect(read({ KAPSEL_X_FILE: await fileWith(content) })).toBe('hunter2');
    }
    expect(read({ KAPSEL_X: '', KAPSEL_X_FILE: await fileWith(' two\nlines \n') })).toBe(
      ' two\nlines ',
    );
    expect(read({ KAPSEL_X: 'hunter2', KAPSEL_X_FILE: '' })).toBe('hunter2');
  });

  it('is refused from both, from no file, and from an empty one, in words without it', async () => {
    const path = await fileWith('hunter2');
    expect(() => read({ KAPSEL_X: 'hunter3', KAPSEL_X_FILE: path })).toThrow(
      /^is set beside [^\d]*$/,
    );
    expect(() => read({ KAPSEL_X_FILE: join(folder, 'none') })).toThrow(/^cannot be read/);
    for (const content of ['', '\n']) {
      const empty = await fileWith(content);
      expect(() => read({ KAPSEL_X_FILE: empty })).toThrow(/^is empty/);
    }
  });

  it('is not looked for in files where the setting is no secret', async () => {
    const plain = setting('KAPSEL_X', 'a', text, 'Sentence.');
    expect(namesOf(plain)).toEqual(['KAPSEL_X']);
    expect(readSetting(plain, { KAPSEL_X_FILE: await fileWith('b') })).toBe('a');
  });
});
