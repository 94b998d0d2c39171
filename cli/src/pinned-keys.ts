/** Which keys are trusted, and where each came from. Source of truth: verifier-ux 2.2. @module */
import {
  parsePublicKey,
  stringFromUtf8,
  type Trust,
  type TrustedKey,
  VerificationError,
} from '@kapsel/verification';
import type { Host } from './host.ts';
import { withoutKey } from './key-words.ts';
import { readSource } from './source.ts';
import { type KeyKind, parseTrustFile, type TrustEntry } from './trust-file.ts';
import { UsageError } from './usage-error.ts';

/** A key the user vouches for. */
export interface PinnedKey {
  readonly publicKey: Uint8Array;
  readonly keyId: string;
  readonly kind: KeyKind;
  /** The name inside a C2SP verifier key, or in the trust file. */
  readonly name: string | null;
  /** "--public-key", "--public-key @file" or "the trust file …", for `-v`. */
  readonly origin: string;
  readonly source: 'flag' | 'env' | 'trust_file';
  /** What the trust file says further; null for a key of the command line. */
  readonly entry: TrustEntry | null;
}

/** What the options say about keys. */
export interface KeyOptions {
  readonly publicKeys: readonly string[];
  readonly trustFiles: readonly string[];
}

// A PEM or JWK file is a few hundred bytes; a trust file holds many keys.
const KEY_FILE_LIMIT_BYTES = 65_536;
const TRUST_FILE_LIMIT_BYTES = 1_048_576;

/** The three ways to give a key. */
const WAYS: readonly string[] = [
  'A proof package cannot vouch for its own key. Name the key you trust in one of three ways:',
  '  --public-key <hex>     the 64 hex digits the operator publishes; also base64, PEM, JWK,',
  '                         a C2SP verifier key, or @FILE with one of these',
  '  --trust FILE           a trust file: names, logs and times; KAPSEL_TRUST names one too',
  '  kapsel-verify keys add NAME KEY      keeps it in your own trust file for every later run',
  'Take it from the operator over a way you trust, not from the package.',
];

/** Reads the keys of the first source that is present; refuses none at all, private keys and text that is no key. */
export async function readPinnedKeys(host: Host, options: KeyOptions): Promise<PinnedKey[]> {
  const { publicKeys, trustFiles } = options;
  const keys: PinnedKey[] = [];
  for (const value of publicKeys) keys.push(await readPinnedKey(host, value));
  for (const file of trustFiles) keys.push(...(await readTrustKeys(host, file, 'flag')));
  if (publicKeys.length === 0 && trustFiles.length === 0) {
    const named = host.env.KAPSEL_TRUST ?? '';
    if (named !== '') keys.push(...(await readTrustKeys(host, named, 'env')));
    else keys.push(...(await readOwnTrustFile(host)));
  }
  if (keys.some(({ kind }) => kind === 'log')) return keys;
  throw new UsageError(
    'E_NO_KEY',
    keys.length === 0 ? 'no public key was given' : 'none of the keys given is the key of a log',
    WAYS,
  );
}

/** Where the user's own trust file lies, or null where the system has no such place. */
export function ownTrustPath(env: Host['env']): string | null {
  const config = env.XDG_CONFIG_HOME ?? '';
  // The specification of that variable ignores relative values.
  if (config.startsWith('/')) return `${config}/kapsel/trust.json`;
  const appData = env.APPDATA ?? '';
  if (appData !== '') return `${appData}\\kapsel\\trust.json`;
  const home = env.HOME ?? '';
  return home === '' ? null : `${home}/.config/kapsel/trust.json`;
}

/**
 * What the core believes. Names from verifier keys are the user's own note and stay out of the verdict's lines; those
 * of a trust file were chosen by the user, so the verdict names them.
 */
export function trustFromPinnedKeys(keys: readonly PinnedKey[]): Trust {
  const logs = keys.filter(({ kind }) => kind === 'log');
  return { keys: logs.map(trustedKey) };
}

function trustedKey({ publicKey, entry }: PinnedKey): TrustedKey {
  if (entry === null) return { publicKey, name: null };
  const { name, log, fromMs, untilMs } = entry;
  return {
    publicKey,
    name,
    ...(log === null ? {} : { log }),
    ...(fromMs === null ? {} : { fromMs }),
    ...(untilMs === null ? {} : { untilMs }),
  };
}

async function readOwnTrustFile(host: Host): Promise<PinnedKey[]> {
  const path = ownTrustPath(host.env);
  if (path === null) return [];
  const source = await readSource(host, path, TRUST_FILE_LIMIT_BYTES);
  // Nobody has to have one.
  if (source.kind === 'unreadable' && source.reason === 'there is no such file') return [];
  return keysOfEntries(await readTrustEntries(host, path), path, 'trust_file');
}

async function readTrustKeys(
  host: Host,
  path: string,
  source: PinnedKey['source'],
): Promise<PinnedKey[]> {
  return keysOfEntries(await readTrustEntries(host, path), path, source);
}

/** The entries of a trust file. */
export async function readTrustEntries(host: Host, path: string): Promise<readonly TrustEntry[]> {
  const text = await readKeyText(host, path, 'trust file', TRUST_FILE_LIMIT_BYTES);
  return parseTrustFile(text, `the trust file ${withoutKey(path)}`);
}

function keysOfEntries(
  entries: readonly TrustEntry[],
  path: string,
  source: PinnedKey['source'],
): PinnedKey[] {
  return entries.map((entry) => ({
    publicKey: entry.publicKey,
    keyId: entry.keyId,
    kind: entry.kind,
    name: entry.name,
    origin: `the trust file ${path}`,
    source,
    entry,
  }));
}

async function readPinnedKey(host: Host, value: string): Promise<PinnedKey> {
  const fromFile = value.startsWith('@');
  const text = fromFile
    ? await readKeyText(host, value.slice(1), 'key file', KEY_FILE_LIMIT_BYTES)
    : value;
  const where = fromFile ? `the file ${withoutKey(value.slice(1))}` : '--public-key';
  try {
    const { bytes, keyId, name } = parsePublicKey(text.trim());
    const origin = fromFile ? `--public-key ${value}` : '--public-key';
    return {
      publicKey: bytes,
      keyId,
      kind: 'log',
      name,
      origin,
      source: 'flag',
      entry: null,
    };
  } catch (error) {
    throw usageErrorFromKey(error, where);
  }
}

async function readKeyText(
  host: Host,
  name: string,
  what: string,
  limitBytes: number,
): Promise<string> {
  const source = await readSource(host, name, limitBytes);
  const label = withoutKey(name);
  switch (source.kind) {
    case 'bytes':
      break;
    case 'too-large':
      throw new UsageError('E_KEY_FORMAT', `${label} is too large to be a ${what}`);
    case 'unreadable':
      throw new UsageError('E_IO', `cannot read the ${what} ${label}: ${source.reason}`);
    case 'stopped':
      throw new UsageError('E_IO', `stopped while reading the ${what} ${label}`);
  }
  try {
    return stringFromUtf8(source.bytes);
  } catch (error) {
    throw usageErrorFromKey(error, `the file ${label}`);
  }
}

/** The core's refusal in words that hold no part of the key text. */
export function usageErrorFromKey(error: unknown, where: string): unknown {
  if (!(error instanceof VerificationError)) return error;
  if (error.code === 'E_KEY_PRIVATE') {
    return new UsageError('E_KEY_PRIVATE', `${where} holds a private key; it was not used`, [
      'Checking needs the public key alone. Do not share the private key: whoever has it can sign as the log.',
      'If this was a shared machine, remove the command from the shell history.',
    ]);
  }
  return new UsageError('E_KEY_FORMAT', `${where} holds no Ed25519 public key`, [
    'Forms that are read: 64 lower-case hex digits, base64 of 32 bytes, SPKI PEM, JWK, C2SP verifier key.',
  ]);
}
