/** A signer whose key is a file, readable by its owner only. @module */
import { generateKeyPairSync } from 'node:crypto';
import type { Secret } from '../base/secret.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { signerFromPrivateKey } from './memory-signer.ts';
import type { Signer } from './signer.ts';

/** Opens the key file at `path`. Throws KeyError when it is missing, unreadable by rule, or no Ed25519 key. */
export async function openFileSigner(
  path: string,
  passphrase: Secret | null = null,
): Promise<Signer> {
  return signerFromPrivateKey(await readKeyFile(path, passphrase), 'file');
}

/** Makes a new key at the path that its signer is given. Never overwrites: fails when the file exists. */
export async function makeFileSigner(
  pathOf: (signer: Signer) => string,
  passphrase: Secret | null = null,
): Promise<Signer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = signerFromPrivateKey(privateKey, 'file');
  await writeKeyFile(pathOf(signer), privateKey, passphrase);
  return signer;
}
