/** The server's own secret: 32 random bytes behind share links and whatever else one server must tell from another. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, writeDurably } from './durable-file.ts';
import type { Secret } from './secret.ts';

/** A secret key that cannot be used; the message names the file and never its content. */
export class SecretKeyError extends Error {}

const KEY_BYTES = 32;

/** Base64 of 32 bytes in its one form. Throws an Error that holds nothing of the text. */
export function parseSecretKey(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== text) {
    throw new Error(`wants base64 of ${KEY_BYTES} bytes`);
  }
  return new Uint8Array(bytes);
}

/** The key from the settings, or that of `file`, which is made when it is not there. */
export async function openSecretKey(secret: Secret | null, file: string): Promise<Uint8Array> {
  if (secret !== null) return parseSecretKey(secret.reveal());
  try {
    return await readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await makeKey(file);
  return readKey(file);
}

async function readKey(path: string): Promise<Uint8Array> {
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new SecretKeyError(`${path} can be read by others: chmod 600 it`);
  }
  try {
    return parseSecretKey((await readFile(path, 'latin1')).replace(/\r?\n$/, ''));
  } catch (cause) {
    throw new SecretKeyError(`${path} does not hold a secret key`, { cause });
  }
}

/** Written whole beside its place first: of several servers that start at once one wins, and none reads half a key. */
async function makeKey(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomUUID()}.new`;
  try {
    await writeDurably(beside, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    await link(beside, path);
  } catch (error) {
    // Another server was faster: its key counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(beside, { force: true });
  }
  await syncFolder(folder);
}
