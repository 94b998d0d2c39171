/** What is believed: pinned keys, and the logs of a policy, each for its own origin. @module */
import { describe, expect, it } from 'vitest';
import { allTrustedKeys, type TrustedKey } from '../src/trust.ts';
import { encodeVkey } from '../src/vkey.ts';
import { parseWitnessPolicy } from '../src/witness-policy.ts';
import { LOG_SIGNER, ORIGIN, signerFromSeed } from './make-package.ts';

const PINNED: TrustedKey = { publicKey: LOG_SIGNER.publicKey, name: 'acme', untilMs: 5 };

describe('the trusted keys', () => {
  it('are the pinned ones as they are', () => {
    expect(allTrustedKeys({ keys: [PINNED] })).toEqual([PINNED]);
  });

  it('are those of the policy too, for the log of their name; its witnesses are not', () => {
    const { publicKey } = signerFromSeed('66'.repeat(32));
    const lines = [
      `log ${encodeVkey(ORIGIN, publicKey)}`,
      `witness w ${encodeVkey('w.example', LOG_SIGNER.publicKey, 'witness')}`,
      'quorum w',
    ];
    const policy = parseWitnessPolicy(lines.join('\n'));
    expect(allTrustedKeys({ keys: [PINNED], policy })).toEqual([
      PINNED,
      { publicKey, name: ORIGIN, log: ORIGIN },
    ]);
  });
});
