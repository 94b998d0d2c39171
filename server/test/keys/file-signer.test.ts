/** File signers: what they hold is what the file holds; the files themselves are tested beside their own module. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyIdFromPublicKey } from '@kapsel/verification';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFileSigner, openFileSigner } from '../../src/keys/file-signer.ts';
import { KeyError } from '../../src/keys/signer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kapsel-signer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('is made in a file that may be named after the key, and opened again from there', async () => {
  const pathOf = ({ publicKey }: { publicKey: Uint8Array }): string =>
    path.join(folder, 'keys', `${keyIdFromPublicKey(publicKey)}.pem`);
  const made = await makeFileSigner(pathOf);
  const opened = await openFileSigner(pathOf(made));
  expect([opened.provider, opened.publicKey]).toEqual(['file', made.publicKey]);
  const message = new Uint8Array(50);
  expect(await opened.sign(message)).toEqual(await made.sign(message));
});

it('is refused where there is no file', async () => {
  await expect(openFileSigner(path.join(folder, 'none.pem'))).rejects.toThrow(KeyError);
});
