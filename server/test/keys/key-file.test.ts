/** Key files: made once, private, and refused without a word about their content. @module */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isStrictPublicKey, verifyEd25519 } from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { part } from '../../../test/support/parts.ts';
import { Secret } from '../../src/base/secret.ts';
import { makeFileSigner, openFileSigner } from '../../src/keys/file-signer.ts';
import { hasKeyFile, protectKeyFile, readKeyFile, writeKeyFile } from '../../src/keys/key-file.ts';
import { KeyError } from '../../src/keys/signer.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kapsel-keys-'));
  file = path.join(folder, 'data', 'log-signing-key.pem');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const POSIX = process.platform !== 'win32';
const makeKeyFile = (at: string, passphrase: Secret | null = null): Promise<unknown> =>
  makeFileSigner(() => at, passphrase);

const MESSAGE = new TextEncoder().encode('message');

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** What an operator would see: the message and those of all causes, and their stacks. */
function allText(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    parts.push(at.message, at.stack ?? '');
  }
  return parts.join('\n');
}

async function refusalOf(pem: string, mode = 0o600): Promise<Error> {
  const at = path.join(folder, 'key.pem');
  await writeFile(at, pem);
  await chmod(at, mode);
  const error: unknown = await openFileSigner(at).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyError);
  expect(allText(error)).toContain(at);
  for (const line of pem.split('\n').filter((line) => line.length > 8)) {
    expect(allText(error)).not.toContain(line);
  }
  return error as Error;
}

describe('a new key file', () => {
  it('makes an Ed25519 key that only its owner can read, in a folder that only its owner can enter', async () => {
    await makeKeyFile(file);
    const key = createPrivateKey(await readFile(file));
    expect(key.asymmetricKeyType).toBe('ed25519');
    if (!POSIX) return;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  });

  it('makes another key each time', async () => {
    const files = [file, path.join(folder, 'second.pem')];
    for (const at of files) await makeKeyFile(at);
    const [one, two] = await Promise.all(files.map((at) => readFile(at, 'utf8')));
    expect(one).not.toBe(two);
  });

  it('never overwrites: neither a key nor an empty file', async () => {
    await makeKeyFile(file);
    const before = await readFile(file, 'utf8');
    await expect(makeKeyFile(file)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(file, 'utf8')).toBe(before);
    await writeFile(file, '');
    await expect(makeKeyFile(file)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('makes one key when called twice at once', async () => {
    const runs = await Promise.allSettled([makeKeyFile(file), makeKeyFile(file)]);
    expect(runs.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await openFileSigner(file);
    expect(await readdir(path.dirname(file))).toEqual(['log-signing-key.pem']);
  });

  it('does not write through a link that somebody laid out', async () => {
    const target = path.join(folder, 'elsewhere.pem');
    await mkdir(path.dirname(file));
    await symlink(target, file);
    await expect(makeKeyFile(file)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await hasKeyFile(target)).toBe(false);
  });
});

describe('a key file that is opened', () => {
  it('signs with the key in the file, so that the core verifies it', async () => {
    await makeKeyFile(file);
    const signer = await openFileSigner(file);
    expect(signer.provider).toBe('file');
    expect(isStrictPublicKey(signer.publicKey)).toBe(true);
    const signature = await signer.sign(MESSAGE);
    expect(signature).toHaveLength(64);
    expect(verifyEd25519(signature, MESSAGE, signer.publicKey)).toBe(true);
    expect(verifyEd25519(signature, MESSAGE.slice(1), signer.publicKey)).toBe(false);
    expect(await signer.sign(MESSAGE)).toEqual(signature); // deterministic, RFC 8032
  });

  it('opens the same key each time', async () => {
    await makeKeyFile(file);
    const [one, two] = await Promise.all([openFileSigner(file), openFileSigner(file)]);
    expect(one.publicKey).toEqual(two.publicKey);
  });

  it('shows no private byte', async () => {
    await makeKeyFile(file);
    const { d } = createPrivateKey(await readFile(file)).export({ format: 'jwk' });
    const signer = await openFileSigner(file);
    const secret = Buffer.from(d ?? '', 'base64url');
    expect(secret).toHaveLength(32);
    const shown = JSON.stringify({
      ...signer,
      publicKey: Buffer.from(signer.publicKey).toString('hex'),
    });
    expect(shown).not.toContain(secret.toString('hex'));
    expect(Object.keys(signer).sort()).toEqual(['provider', 'publicKey', 'sign']);
  });

  it('refuses keys of another kind', async () => {
    const { privateKey: x25519 } = generateKeyPairSync('x25519');
    const { privateKey: p256 } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { privateKey: ed448 } = generateKeyPairSync('ed448');
    for (const key of [x25519, p256, ed448]) await refusalOf(pemOf(key));
  });

  it('refuses what is no private key, without repeating any of it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = pemOf(privateKey);
    const encrypted = privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'hunter2',
    });
    for (const text of [
      '',
      'hunter2hunter2hunter2',
      pem.replace(/^.{10}/m, 'x'),
      pem.split('\n').slice(0, 2).join('\n'),
      pem.replace('MC4C', 'MC4D'),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      encrypted.toString(),
    ]) {
      await refusalOf(text);
    }
  });

  it('refuses a key that others can read, write or execute', async () => {
    if (!POSIX) return; // there are no such modes
    const pem = pemOf(generateKeyPairSync('ed25519').privateKey);
    for (const mode of [0o640, 0o604, 0o620, 0o610, 0o601, 0o666]) await refusalOf(pem, mode);
    const at = path.join(folder, 'key.pem');
    await chmod(at, 0o400);
    expect((await openFileSigner(at)).publicKey).toHaveLength(32);
  });

  it('refuses a missing file and a folder', async () => {
    await expect(openFileSigner(file)).rejects.toThrow(KeyError);
    await mkdir(path.dirname(file), { mode: 0o700 });
    await expect(openFileSigner(path.dirname(file))).rejects.toThrow(KeyError);
  });
});

describe('hasKeyFile', () => {
  it('tells whether there is one, and fails when it cannot tell', async () => {
    expect(await hasKeyFile(file)).toBe(false);
    await makeKeyFile(file);
    expect(await hasKeyFile(file)).toBe(true);
    await expect(hasKeyFile(path.join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('a key file with a passphrase', () => {
  const SECRET = new Secret('correct horse battery staple');

  it('is encrypted, and opens with the passphrase alone', async () => {
    await makeKeyFile(file, SECRET);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    if (POSIX) expect((await stat(file)).mode & 0o777).toBe(0o600);
    const signer = await openFileSigner(file, SECRET);
    expect(verifyEd25519(await signer.sign(MESSAGE), MESSAGE, signer.publicKey)).toBe(true);
    for (const wrong of [null, new Secret('correct horse'), new Secret(`${SECRET.reveal()} `)]) {
      const error: unknown = await openFileSigner(file, wrong).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(KeyError);
      expect(allText(error)).toContain(file);
      expect(allText(error)).toContain('KAPSEL_KEY_PASSPHRASE');
      expect(allText(error)).not.toContain(SECRET.reveal());
    }
  });

  it('may also be plain: the passphrase is then not asked', async () => {
    await makeKeyFile(file);
    const plain = await openFileSigner(file);
    expect((await openFileSigner(file, SECRET)).publicKey).toEqual(plain.publicKey);
  });

  it('is made from a plain one, and stays the same key', async () => {
    await makeKeyFile(file);
    const before = await readKeyFile(file, null);
    expect(await protectKeyFile(file, SECRET)).toBe(true);
    await expect(readKeyFile(file, null)).rejects.toThrow(KeyError);
    expect((await readKeyFile(file, SECRET)).equals(before)).toBe(true);
    if (POSIX) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file))).toEqual(['log-signing-key.pem']);
    const text = await readFile(file, 'utf8');
    expect(await protectKeyFile(file, SECRET)).toBe(false);
    expect(await readFile(file, 'utf8')).toBe(text);
    await expect(protectKeyFile(file, new Secret('another'))).rejects.toThrow(KeyError);
  });

  it('stays as it was when the new one cannot be put in its place', async () => {
    if (!POSIX || process.getuid?.() === 0) return; // nobody keeps root from writing
    await makeKeyFile(file);
    const text = await readFile(file, 'utf8');
    await chmod(path.dirname(file), 0o500);
    await expect(protectKeyFile(file, SECRET)).rejects.toMatchObject({ code: 'EACCES' });
    await chmod(path.dirname(file), 0o700);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it.skipIf(!part('openssl'))('is read by openssl, and one of openssl is read here', async () => {
    await makeKeyFile(file, SECRET);
    const openssl = (...words: string[]): string =>
      execFileSync('openssl', words, {
        env: { PATH: process.env.PATH, PASS: SECRET.reveal() },
      }).toString();
    const theirs = openssl('pkey', '-in', file, '-passin', 'env:PASS', '-outform', 'PEM');
    const key = createPrivateKey(theirs);
    expect(key.equals(await readKeyFile(file, SECRET))).toBe(true);

    const other = path.join(folder, 'theirs.pem');
    const words = ['genpkey', '-algorithm', 'ed25519', '-aes-256-cbc', '-pass', 'env:PASS'];
    await writeKeyText(other, openssl(...words));
    const made = createPrivateKey(openssl('pkey', '-in', other, '-passin', 'env:PASS'));
    expect((await readKeyFile(other, SECRET)).equals(made)).toBe(true);
  });

  async function writeKeyText(at: string, text: string): Promise<void> {
    await writeFile(at, text, { mode: 0o600 });
  }
});

describe('writeKeyFile', () => {
  it('refuses a file that is there', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeKeyFile(file, privateKey, null);
    await expect(writeKeyFile(file, privateKey, null)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});
