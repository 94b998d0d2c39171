/** A signer whose key is a PKCS#8 PEM file, readable by its owner only. @module */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Signer } from './signer.ts';

/** A key file that cannot be used; the message names the file and never its content. */
export class KeyFileError extends Error {}

/** Opens the key file at `path`. Throws KeyFileError when it is missing, unreadable by rule, or no Ed25519 key. */
export async function openFileSigner(path: string): Promise<Signer> {
  await assertPrivateMode(path);
  let key: KeyObject;
  try {
    key = createPrivateKey(await readFile(path));
  } catch (error) {
    throw new KeyFileError(`${path} is not a readable PKCS#8 PEM key`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new KeyFileError(`${path} is not an Ed25519 key`);
  // The public half is derived from the private one: a mismatched pair would leak the key when signing.
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (x === undefined) throw new KeyFileError(`${path} has no public half`);
  return {
    provider: 'file',
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
    sign: async (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** True when there is a file at `path`. */
export async function hasKeyFile(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Makes a new key at `path`, mode 0600. Never overwrites: fails when the file exists. */
export async function makeKeyFile(path: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    // The key signs heads that others keep for ever: it must be on disk before the first of them.
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(folder);
}

// A new file is safe only when its folder is: otherwise a power cut may leave a log without its key.
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function assertPrivateMode(path: string): Promise<void> {
  let mode: number;
  try {
    ({ mode } = await stat(path));
  } catch (error) {
    throw new KeyFileError(`${path} cannot be read`, { cause: error });
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new KeyFileError(`${path} can be read by others: chmod 600 it`);
  }
}
