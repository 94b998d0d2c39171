/** Key files: PKCS#8 PEM, readable by their owner only, encrypted where there is a passphrase (RFC 8018 PBES2). @module */

import type { KeyObject } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceDurably, syncFolder, writeDurably } from '../base/durable-file.ts';
import type { Secret } from '../base/secret.ts';
import { isEncryptedPem, parsePrivateKey } from './memory-signer.ts';
import { KeyError } from './signer.ts';

/** The private key at `path`. Throws KeyError when it is missing, readable by others, or no Ed25519 key. */
export async function readKeyFile(path: string, passphrase: Secret | null): Promise<KeyObject> {
  return parsePrivateKey(await readPrivateText(path), passphrase, path);
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

/** Writes `key` to a new file, mode 0600. Never overwrites: fails when the file exists. */
export async function writeKeyFile(
  path: string,
  key: KeyObject,
  passphrase: Secret | null,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeDurably(path, pemOf(key, passphrase));
  await syncFolder(folder);
}

/**
 * Writes a plain key file again, encrypted; false when it is encrypted already with this passphrase. A crash leaves the
 * old file, whole, or the new one.
 */
export async function protectKeyFile(path: string, passphrase: Secret): Promise<boolean> {
  const text = await readPrivateText(path);
  const key = parsePrivateKey(text, passphrase, path);
  if (isEncryptedPem(text)) return false;
  await replaceDurably(path, pemOf(key, passphrase), 0o600, async (beside) => {
    // Read back before the only other copy goes: a file that nobody can open is a log that nobody can sign.
    const written = await readKeyFile(beside, passphrase);
    if (!written.equals(key)) throw new KeyError(`${beside} was not written right`);
  });
  return true;
}

function pemOf(key: KeyObject, passphrase: Secret | null): string {
  const form = { type: 'pkcs8', format: 'pem' } as const;
  if (passphrase === null) return key.export(form).toString();
  return key.export({ ...form, cipher: 'aes-256-cbc', passphrase: passphrase.reveal() }).toString();
}

async function readPrivateText(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if (process.platform === 'win32' || (mode & 0o077) === 0) return await readFile(path, 'latin1');
  } catch (cause) {
    throw new KeyError(`${path} cannot be read`, { cause });
  }
  throw new KeyError(`${path} can be read by others: chmod 600 it`);
}
