/** Which keys are trusted, and where each came from. Source of truth: verifier-ux 2.2. @module */
import {
  parsePublicKey,
  stringFromUtf8,
  type Trust,
  VerificationError,
} from '@kapsel/verification';
import type { Host } from './host.ts';
import { withoutKey } from './key-words.ts';
import { readSource } from './source.ts';
import { UsageError } from './usage-error.ts';

/** A key the user named on the command line. */
export interface PinnedKey {
  readonly publicKey: Uint8Array;
  readonly keyId: string;
  /** The name inside a C2SP verifier key. */
  readonly name: string | null;
  /** "--public-key" or "--public-key @file", for `-v`. */
  readonly origin: string;
}

// A PEM or JWK file is a few hundred bytes.
const KEY_FILE_LIMIT_BYTES = 65_536;

/** Every way to give a key that this version has. */
const WAYS: readonly string[] = [
  'A proof package cannot vouch for its own key. Name the key you trust in one of three ways:',
  '  --public-key <hex>     the 64 hex digits the operator publishes',
  '  --public-key <text>    base64, SPKI PEM, JWK or a C2SP verifier key',
  '  --public-key @FILE     any of these, read from a file',
  'Take it from the operator over a way you trust, not from the package.',
];

/** Reads the values of `--public-key`; refuses none at all, private keys and text that is no key. */
export async function readPinnedKeys(host: Host, values: readonly string[]): Promise<PinnedKey[]> {
  if (values.length === 0) throw new UsageError('E_NO_KEY', 'no public key was given', WAYS);
  const keys: PinnedKey[] = [];
  for (const value of values) keys.push(await readPinnedKey(host, value));
  return keys;
}

/** Names from verifier keys are the user's own note and stay out of the verdict's lines. */
export function trustFromPinnedKeys(keys: readonly PinnedKey[]): Trust {
  return { keys: keys.map(({ publicKey }) => ({ publicKey, name: null })) };
}

async function readPinnedKey(host: Host, value: string): Promise<PinnedKey> {
  const fromFile = value.startsWith('@');
  const text = fromFile ? await readKeyFile(host, value.slice(1)) : value;
  const where = fromFile ? `the file ${withoutKey(value.slice(1))}` : '--public-key';
  try {
    const { bytes, keyId, name } = parsePublicKey(text.trim());
    const origin = fromFile ? `--public-key ${value}` : '--public-key';
    return { publicKey: bytes, keyId, name, origin };
  } catch (error) {
    throw usageErrorFromKey(error, where);
  }
}

async function readKeyFile(host: Host, name: string): Promise<string> {
  const source = await readSource(host, name, KEY_FILE_LIMIT_BYTES);
  const label = withoutKey(name);
  switch (source.kind) {
    case 'bytes':
      break;
    case 'too-large':
      throw new UsageError('E_KEY_FORMAT', `${label} is too large to be a key file`);
    case 'unreadable':
      throw new UsageError('E_IO', `cannot read the key file ${label}: ${source.reason}`);
    case 'stopped':
      throw new UsageError('E_IO', `stopped while reading the key file ${label}`);
  }
  try {
    return stringFromUtf8(source.bytes);
  } catch (error) {
    throw usageErrorFromKey(error, `the file ${label}`);
  }
}

/** The core's refusal in words that hold no part of the key text. */
function usageErrorFromKey(error: unknown, where: string): unknown {
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
