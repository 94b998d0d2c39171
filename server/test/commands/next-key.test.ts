/** Which key a command uses next. @module */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { type CommandInput, UsageError } from '../../src/commands/command.ts';
import { nextKey } from '../../src/commands/next-key.ts';
import { KeyPlaces } from '../../src/keys/key-places.ts';
import { KeyError } from '../../src/keys/signer.ts';

let folder: string;
let places: KeyPlaces;
const { privateKey } = generateKeyPairSync('ed25519');
const publicKey = Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-next-'));
  places = new KeyPlaces({
    firstKeyFile: join(folder, 'first.pem'),
    keysDir: join(folder, 'keys'),
    passphrase: null,
    environment: new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inputOf = (given: Record<string, string>): CommandInput => ({
  args: [],
  text: (name) => given[name] ?? null,
  demand: (name) => given[name] ?? '',
  flag: () => false,
});
const next = (given: Record<string, string>) => nextKey(places, inputOf(given));

it('is a new one, the operator’s, or one that is held', async () => {
  const made = await next({})();
  expect((await places.find(made.publicKey))?.publicKey).toEqual(made.publicKey);
  expect((await next({ key: places.fileOf(made.publicKey) })()).publicKey).toEqual(made.publicKey);
  const byId = await next({ 'key-id': keyIdFromPublicKey(publicKey) })();
  expect([byId.provider, Buffer.from(byId.publicKey)]).toEqual(['env', publicKey]);
});

it('is refused at once when the words are wrong, and later when there is no such key', async () => {
  expect(() => next({ key: 'a', 'key-id': '0'.repeat(64) })).toThrow(UsageError);
  expect(() => next({ 'key-id': 'a' })).toThrow(UsageError);
  await expect(next({ 'key-id': '0'.repeat(64) })()).rejects.toThrow(KeyError);
  await expect(next({ key: join(folder, 'none.pem') })()).rejects.toThrow(KeyError);
});
