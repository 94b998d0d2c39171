/** The key that a command is to use next: a new one, one of the operator's, or one that this process holds already. @module */
import type { KeyPlaces } from '../keys/key-places.ts';
import { KeyError, type Signer } from '../keys/signer.ts';
import { type CommandInput, type Option, UsageError } from './command.ts';

export const NEXT_KEY_OPTIONS: Readonly<Record<string, Option>> = {
  key: {
    value: 'FILE',
    help: 'Take this Ed25519 key (PKCS#8 PEM) instead of making one; it is copied to KAPSEL_KEYS_DIR.',
  },
  'key-id': {
    value: 'ID',
    help: 'Take the key with this id, which is in KAPSEL_KEYS_DIR or KAPSEL_SIGNING_KEY already.',
  },
};

const KEY_ID = /^[0-9a-f]{64}$/;

/** Reads the options now and the key when it is asked for. Throws UsageError. */
export function nextKey(places: KeyPlaces, input: CommandInput): () => Promise<Signer> {
  const path = input.text('key');
  const keyId = input.text('key-id');
  if (path !== null && keyId !== null)
    throw new UsageError('--key and --key-id exclude each other');
  if (path !== null) return () => places.take(path);
  if (keyId === null) return () => places.make();
  if (!KEY_ID.test(keyId)) throw new UsageError('--key-id wants 64 lower-case hex digits');
  return async () => {
    const signer = await places.findById(keyId);
    if (signer === null) throw new KeyError(`there is no key ${keyId} here`);
    return signer;
  };
}
