/** Properties of key chains: every length leads to the newest key, and no changed statement does. @module */

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { followKeyStatements } from '../src/key-check.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { makeChainPackage, rotationText, signerNumber } from './make-key-chain.ts';
import { type JsonRecord, LOG_SIGNER, NOW_MS, utf8 } from './make-package.ts';

vi.setConfig({ testTimeout: 60_000 }); // thousands of signatures, on a machine that may be busy

const TRUST = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: 'the first key' }] };
const OPTIONS = { nowMs: NOW_MS, followKeyStatements };
const ROTATIONS = Array.from({ length: 64 }, (_, i) => rotationText(i));

describe('the first key', () => {
  it('verifies a head over each number of statements from 1 to 64', () => {
    for (let count = 1; count <= 64; count++) {
      const made = makeChainPackage(ROTATIONS.slice(0, count), signerNumber(count));
      const report = verifyProofPackage(JSON.stringify(made), TRUST, OPTIONS);
      expect(report.verdict).toBe('verified');
      expect(report.key).toMatchObject({ source: 'chain', name: 'the first key' });
      expect(report.key?.statements).toHaveLength(count);
    }
  });

  it('verifies none without one of the statements', () => {
    const chains = fc
      .integer({ min: 1, max: 64 })
      .chain((count) => fc.tuple(fc.constant(count), fc.nat({ max: count - 1 })));
    fc.assert(
      fc.property(chains, ([count, left]) => {
        const texts = ROTATIONS.slice(0, count).filter((_, i) => i !== left);
        const made = makeChainPackage(texts, signerNumber(count));
        const report = verifyProofPackage(JSON.stringify(made), TRUST, OPTIONS);
        expect(report.verdict).not.toBe('verified');
      }),
      { seed: 6962, numRuns: 40 },
    );
  });
});

describe('a statement with one bit changed', () => {
  const made = makeChainPackage(ROTATIONS.slice(0, 3), signerNumber(3), { isLogged: true });
  const bare = makeChainPackage(ROTATIONS.slice(0, 3), signerNumber(3));

  /** The package with this bit of this statement flipped, or null where the bytes are no text any more. */
  function withFlippedBit(source: JsonRecord, item: number, bit: number): JsonRecord | null {
    const statements = source.key_chain as readonly JsonRecord[];
    const bytes = utf8(String(statements[item]?.leaf_data));
    const at = (bit >> 3) % bytes.length;
    bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    if ((bytes[at] as number) > 0x7f) return null;
    const text = Buffer.from(bytes).toString('utf8');
    const chain = statements.map((each, i) => (i === item ? { ...each, leaf_data: text } : each));
    return { ...source, key_chain: chain };
  }

  it.each([
    ['with inclusion proofs', made],
    ['without', bare],
  ])('never verifies, %s', (_, source) => {
    expect(verifyProofPackage(JSON.stringify(source), TRUST, OPTIONS).verdict).toBe('verified');
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fc.nat({ max: 8 * 900 }), (item, bit) => {
        const changed = withFlippedBit(source, item, bit);
        fc.pre(changed !== null);
        const report = verifyProofPackage(JSON.stringify(changed), TRUST, OPTIONS);
        expect(report.verdict).not.toBe('verified');
        expect(report.checks.find(({ id }) => id === 'key')?.status).toBe('fail');
      }),
      { seed: 6962, numRuns: 300 },
    );
  });
});

describe('texts in the place of statements', () => {
  it('never make it throw, and never verify', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.json()), { minLength: 1, maxLength: 4 }),
        (texts) => {
          const chain = makeChainPackage(texts, LOG_SIGNER);
          const report = verifyProofPackage(JSON.stringify(chain), TRUST, OPTIONS);
          expect(report.verdict).not.toBe('verified');
        },
      ),
      { seed: 6962, numRuns: 100 },
    );
  });
});
