import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import {
  openSecretKey,
  openSecretKeys,
  parseSecretKey,
  SecretKeyError,
} from '../../src/base/secret-key.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-secret-'));
  file = join(folder, 'data', 'secret-key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('parseSecretKey', () => {
  it('reads base64 of 32 bytes in its one form', () => {
    const bytes = randomBytes(32);
    expect(Buffer.from(parseSecretKey(bytes.toString('base64')))).toEqual(bytes);
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['hex', randomBytes(32).toString('hex')],
    ['no padding', Buffer.alloc(32, 1).toString('base64').replace('=', '')],
    ['the URL alphabet', Buffer.alloc(32, 0xff).toString('base64').replaceAll('/', '_')],
    ['spare bits', Buffer.alloc(32).toString('base64').replace('A=', 'B=')],
    ['a space', `${Buffer.alloc(32).toString('base64')} `],
  ])('refuses %s, and repeats nothing of it', (_what, text) => {
    let message = '';
    try {
      parseSecretKey(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe('wants base64 of 32 bytes');
  });
});

describe('openSecretKey', () => {
  it('takes the key of the settings, and makes no file', async () => {
    const bytes = randomBytes(32);
    const key = await openSecretKey(new Secret(bytes.toString('base64')), file);
    expect(Buffer.from(key)).toEqual(bytes);
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes a key at the first start, for its owner alone, and finds it at the next', async () => {
    const key = await openSecretKey(null, file);
    expect(key.length).toBe(32);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await openSecretKey(null, file)).toEqual(key);
    expect(await readdir(join(folder, 'data'))).toEqual(['secret-key']);
    expect(await openSecretKey(null, join(folder, 'other'))).not.toEqual(key);
  });

  it('gives servers that start at once the same key', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => openSecretKey(null, file)));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(await readdir(join(folder, 'data'))).toEqual(['secret-key']);
  });

  it.skipIf(process.platform === 'win32')('refuses a file that others can read', async () => {
    await openSecretKey(null, file);
    await chmod(file, 0o640);
    await expect(openSecretKey(null, file)).rejects.toBeInstanceOf(SecretKeyError);
  });

  it('refuses a file with anything else in it, names it, and leaves it as it is', async () => {
    await openSecretKey(null, file);
    await writeFile(file, 'planted secret');
    await expect(openSecretKey(null, file)).rejects.toMatchObject({
      constructor: SecretKeyError,
      message: expect.stringContaining(file),
    });
    const error = await openSecretKey(null, file).catch((caught: Error) => caught);
    expect(String((error as Error).message)).not.toContain('planted');
    expect(await readFile(file, 'utf8')).toBe('planted secret');
  });
});

describe('openSecretKeys', () => {
  const keys = [randomBytes(32), randomBytes(32)];
  const [first = '', second = ''] = keys.map((key) => key.toString('base64'));
  const open = (command: string) => openSecretKeys({ secret: null, command, file });
  /** Prints what it is told by the way of a script, which any shell can start. */
  const printing = async (script: string): Promise<string> => {
    const path = join(folder, 'print.mjs');
    await writeFile(path, script);
    return `"${process.execPath}" "${path}"`;
  };

  it('takes what a command prints: the key that seals, then those that open', async () => {
    const command = await printing(`console.log(${JSON.stringify(`${first}\n${second}`)})`);
    expect((await open(command)).map((key) => Buffer.from(key))).toEqual(keys);
    expect(await readdir(folder)).toEqual(['print.mjs']);
  });

  it.each([
    ['prints nothing', ''],
    ['prints something else', `process.stdout.write(${JSON.stringify(`${first}x`)})`],
    ['fails', `process.stdout.write(${JSON.stringify(first)}); process.exit(3)`],
    ['complains', `process.stderr.write(${JSON.stringify(first)}); process.exit(1)`],
    ['prints without end', `for (;;) process.stdout.write(${JSON.stringify(first)})`],
  ])('refuses a command that %s, and repeats nothing of it', async (_what, script) => {
    const error = await open(await printing(script)).catch((caught: Error) => caught);
    expect(error).toBeInstanceOf(SecretKeyError);
    expect(`${(error as Error).stack} ${String((error as Error).cause)}`).not.toContain(first);
    expect((error as Error).cause).toBeUndefined();
  });

  it('asks no command where none is given', async () => {
    const secret = new Secret(first);
    expect(await openSecretKeys({ secret, command: null, file })).toHaveLength(1);
  });
});
