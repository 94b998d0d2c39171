/** Where keys lie: each key is found in whichever place it is, and in none by mistake. @module */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { makeFileSigner, openFileSigner } from '../../src/keys/file-signer.ts';
import { KeyPlaces, type KeySettings } from '../../src/keys/key-places.ts';
import { KeyError } from '../../src/keys/signer.ts';
import { makeSigner } from '../support/log-bench.ts';

let folder: string;
let settings: KeySettings;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kapsel-places-'));
  settings = {
    firstKeyFile: path.join(folder, 'first.pem'),
    keysDir: path.join(folder, 'keys'),
    passphrase: null,
    environment: null,
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const places = (changes: Partial<KeySettings> = {}): KeyPlaces =>
  new KeyPlaces({ ...settings, ...changes });

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'));

describe('find', () => {
  it('looks into the environment, the folder and the first key’s file', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const environment = new Secret(pemOf(privateKey));
    const first = await makeFileSigner(() => settings.firstKeyFile);
    const further = await places().make();
    const all = places({ environment });
    expect((await all.find(publicOf(privateKey)))?.provider).toBe('env');
    expect((await all.find(first.publicKey))?.publicKey).toEqual(first.publicKey);
    expect((await all.find(further.publicKey))?.publicKey).toEqual(further.publicKey);
    expect(await all.find(makeSigner().publicKey)).toBeNull();
    expect(await places().find(publicOf(privateKey))).toBeNull();
  });

  it('sees a file that comes later, or that takes the place of another', async () => {
    const all = places();
    const later = await makeFileSigner(() => path.join(folder, 'elsewhere.pem'));
    expect(await all.find(later.publicKey)).toBeNull();
    await makeFileSigner(() => settings.firstKeyFile);
    expect(await all.find(later.publicKey)).toBeNull();
    await rename(path.join(folder, 'elsewhere.pem'), settings.firstKeyFile);
    expect(await all.find(later.publicKey)).not.toBeNull();
  });

  it('refuses a file in the folder that holds another key than its name says', async () => {
    const all = places();
    const [one, other] = [await all.make(), await all.make()];
    await rename(all.fileOf(one.publicKey), all.fileOf(other.publicKey));
    await expect(places().find(other.publicKey)).rejects.toThrow(KeyError);
  });

  it('rejects when a file is there and cannot be opened, rather than answer null', async () => {
    const { publicKey } = await places({ passphrase: new Secret('p') }).make();
    await expect(places().find(publicKey)).rejects.toThrow(KeyError);
    await writeFile(settings.firstKeyFile, 'garbage', { mode: 0o600 });
    await expect(places().find(makeSigner().publicKey)).rejects.toThrow(KeyError);
  });
});

describe('the first key', () => {
  it('is made once and then taken', async () => {
    const made = await places().takeFirst();
    expect((await places().takeFirst()).publicKey).toEqual(made.publicKey);
    expect((await openFileSigner(settings.firstKeyFile)).publicKey).toEqual(made.publicKey);
  });

  it('is that of the environment where there is one, and then no file is made', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const environment = new Secret(pemOf(privateKey));
    const first = await places({ environment }).takeFirst();
    expect([first.provider, first.publicKey]).toEqual(['env', publicOf(privateKey)]);
    await expect(readFile(settings.firstKeyFile)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is encrypted from its first byte on when there is a passphrase', async () => {
    await places({ passphrase: new Secret('p') }).takeFirst();
    expect(await readFile(settings.firstKeyFile, 'utf8')).toContain('ENCRYPTED');
  });
});

describe('further keys', () => {
  it('are taken over from a file of the operator’s, once', async () => {
    const theirs = path.join(folder, 'theirs.pem');
    const { publicKey } = await makeFileSigner(() => theirs);
    const all = places();
    for (let i = 0; i < 2; i++) expect((await all.take(theirs)).publicKey).toEqual(publicKey);
    await rm(theirs);
    expect((await places().find(publicKey))?.publicKey).toEqual(publicKey);
  });

  it('are found by their id in the folder and the environment', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const all = places({ environment: new Secret(pemOf(privateKey)) });
    const made = await all.make();
    for (const publicKey of [made.publicKey, publicOf(privateKey)]) {
      const found = await all.findById(keyIdFromPublicKey(publicKey));
      expect(found?.publicKey).toEqual(publicKey);
    }
    expect(await all.findById(keyIdFromPublicKey(makeSigner().publicKey))).toBeNull();
    await expect(all.findById('../first')).rejects.toThrow();
  });
});

it('reads the environment at once, and throws when it is no key', () => {
  expect(() => places({ environment: new Secret('hunter2') })).toThrow(KeyError);
});
