/** The keys that the person pinned on the verifier page, which has the same origin: whom this page trusts is not for its server to say. @module */
import { parsePublicKey, type Trust, VerificationError } from '@kapsel/verification';

/** Where the verifier page keeps them: a line each, the key in hex and perhaps a name after it. */
const KEYS = 'kapsel.keys.v1';
const MAX_KEYS = 100;

/** Empty where none are remembered on this device. */
export function pinnedTrust(storage: () => Pick<Storage, 'getItem'>): Trust {
  const lines = readLines(storage);
  return {
    keys: lines.flatMap((line) => {
      const [hex = '', name = null] = line.split(' ');
      try {
        return [{ publicKey: parsePublicKey(hex).bytes, name }];
      } catch (error) {
        if (error instanceof VerificationError) return []; // not ours, or not a key
        throw error;
      }
    }),
  };
}

function readLines(storage: () => Pick<Storage, 'getItem'>): readonly string[] {
  try {
    return storage().getItem(KEYS)?.split('\n').slice(0, MAX_KEYS) ?? [];
  } catch {
    return []; // storage is switched off
  }
}
