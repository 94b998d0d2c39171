/** Witnesses of the trust file as a policy of the core: so many of them must have cosigned. C2SP tlog-policy. @module */
import { encodeVkey, parseWitnessPolicy, type Trust } from '@kapsel/verification';
import { type PinnedKey, trustFromPinnedKeys } from './pinned-keys.ts';
import { UsageError } from './usage-error.ts';

/** The keys, and a quorum of witnesses where one is required. */
export function trustWithWitnesses(keys: readonly PinnedKey[], wanted: number): Trust {
  const trust = trustFromPinnedKeys(keys);
  if (wanted === 0) return trust;
  const witnesses = keys.filter(({ kind }) => kind === 'witness');
  if (witnesses.length < wanted) {
    throw new UsageError(
      'E_USAGE',
      `--require witnesses=${wanted} needs as many keys of kind "witness" in the trust file, got ${witnesses.length}`,
    );
  }
  const lines = witnesses.map((key, i) => `witness w${i} ${vkeyOf(key)}`);
  const names = witnesses.map((_, i) => `w${i}`).join(' ');
  const text = [...lines, `group all ${wanted} ${names}`, 'quorum all', ''].join('\n');
  return { ...trust, policy: parseWitnessPolicy(text) };
}

function vkeyOf({ publicKey, entry }: PinnedKey): string {
  const name = entry?.noteName ?? '';
  try {
    return encodeVkey(name, publicKey, 'witness');
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(
      'E_KEY_FORMAT',
      'a key of kind "witness" needs the name that stands in its lines: write it as "name", or give a C2SP verifier key',
    );
  }
}
