/** The server's own secret: 32 random bytes behind share links and whatever else one server must tell from another. @module */
import { exec } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder, writeDurably } from './durable-file.ts';
import type { Secret } from './secret.ts';

/** A secret key that cannot be used; the message names where it comes from and never its content. */
export class SecretKeyError extends Error {}

const KEY_BYTES = 32;
const COMMAND_TIMEOUT_MS = 30_000;
const MAX_COMMAND_BYTES = 4_096;

/** Base64 of 32 bytes in its one form. Throws an Error that holds nothing of the text. */
export function parseSecretKey(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== text) {
    throw new Error(`wants base64 of ${KEY_BYTES} bytes`);
  }
  return new Uint8Array(bytes);
}

/** Where the server's own key comes from; of the first two at most one is given. */
export interface SecretKeyPlaces {
  readonly secret: Secret | null;
  readonly command: string | null;
  readonly file: string;
}

/** The key that seals, and after it those that only open: a command may print several. */
export async function openSecretKeys({
  secret,
  command,
  file,
}: SecretKeyPlaces): Promise<readonly [Uint8Array, ...Uint8Array[]]> {
  return command === null ? [await openSecretKey(secret, file)] : readKeysFromCommand(command);
}

// What the command says on stderr is dropped: of a program that handles keys nothing is repeated.
async function readKeysFromCommand(command: string): Promise<[Uint8Array, ...Uint8Array[]]> {
  const limits = { timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_COMMAND_BYTES };
  const { stdout } = await promisify(exec)(command, limits).catch((error: unknown) => {
    const { code } = error as { readonly code?: unknown };
    const how = typeof code === 'number' ? `ended with ${code}` : 'did not end as it should';
    throw new SecretKeyError(`the command of KAPSEL_SECRET_KEY_COMMAND ${how}`);
  });
  const lines = stdout.split(/\r?\n/).filter((line) => line !== '');
  try {
    const [current, ...others] = lines.map(parseSecretKey);
    if (current !== undefined) return [current, ...others];
  } catch {
    // Told below, without a cause: nothing of what was printed may be repeated.
  }
  throw new SecretKeyError('the command of KAPSEL_SECRET_KEY_COMMAND does not print secret keys');
}

/** The key from the settings, or that of `file`, which is made when it is not there. */
export async function openSecretKey(secret: Secret | null, file: string): Promise<Uint8Array> {
  const key = await findSecretKey(secret, file);
  if (key !== null) return key;
  await makeKey(file);
  return readKey(file);
}

/** The same, but null where the file is not there. */
export async function findSecretKey(
  secret: Secret | null,
  file: string,
): Promise<Uint8Array | null> {
  if (secret !== null) return parseSecretKey(secret.reveal());
  try {
    return await readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
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
