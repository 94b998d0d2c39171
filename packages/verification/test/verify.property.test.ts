/** Properties of the whole verification: valid always passes, one flipped bit never does, nothing throws or hangs. @module */

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ERROR_CODES } from '../src/errors.ts';
import { followKeyStatements } from '../src/key-check.ts';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { LOG_SIGNER, leafText, makePackage, NOW_MS, utf8 } from './make-package.ts';

const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: null }] };
vi.setConfig({ testTimeout: 30_000 }); // hundreds of signatures, on a machine that may be busy

const OPTIONS = { nowMs: NOW_MS, followKeyStatements };
const GOOD_TEXT = JSON.stringify(makePackage());
const GOOD = utf8(GOOD_TEXT);
// The only member that nothing signs: an identifier of the API. Its 36 characters are left out below.
const STH_ID_AT = utf8(
  GOOD_TEXT.slice(0, GOOD_TEXT.indexOf('018d2f1e-3b5c-7a10-8f00-0000000000ff')),
);

describe('verification', () => {
  it('passes for every leaf of trees of all kinds of sizes', () => {
    const places = fc
      .integer({ min: 1, max: 70 })
      .chain((treeSize) => fc.tuple(fc.constant(treeSize), fc.nat({ max: treeSize - 1 })));
    fc.assert(
      fc.property(places, fc.webUrl(), fc.nat(), ([treeSize, leafIndex], url, payloadSize) => {
        const text = leafText({ endpoint_url: url, payload_size: payloadSize });
        const made = makePackage({ treeSize, leafIndex, leafText: text });
        const report = verifyProofPackage(JSON.stringify(made), TRUST, OPTIONS);
        expect(report.verdict).toBe('verified');
      }),
      { seed: 6962, numRuns: 40 },
    );
  });

  it('never passes with one bit flipped anywhere', () => {
    const isFree = (at: number): boolean => at >= STH_ID_AT.length && at < STH_ID_AT.length + 36;
    const places = fc.nat({ max: 8 * GOOD.length - 1 }).filter((bit) => !isFree(bit >> 3));
    fc.assert(
      fc.property(places, (bit) => {
        const changed = Uint8Array.from(GOOD);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(verifyProofPackage(changed, TRUST, OPTIONS).verdict).not.toBe('verified');
      }),
      { seed: 6962, numRuns: 600 },
    );
  });

  it('gives the same report for the same input', () => {
    const inputs = fc.oneof(
      fc.constant(GOOD_TEXT),
      fc.nat({ max: GOOD_TEXT.length }).map((length) => GOOD_TEXT.slice(0, length)),
      fc.json(),
    );
    fc.assert(
      fc.property(inputs, (input) => {
        const first = verifyProofPackage(input, TRUST, OPTIONS);
        expect(verifyProofPackage(input, TRUST, OPTIONS)).toEqual(first);
      }),
      { seed: 6962, numRuns: 100 },
    );
  });

  it('never throws on random bytes, text or JSON, and every failure has a code', () => {
    const inputs = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.json(),
    );
    fc.assert(
      fc.property(inputs, (input) => {
        const report = verifyProofPackage(input, TRUST, OPTIONS);
        expect(report.verdict).toBe('malformed');
        const failed = report.checks.filter(({ status }) => status === 'fail');
        expect(failed.map(({ id }) => id)).toEqual(['format']);
        expect(ERROR_CODES).toContain(failed[0]?.code);
      }),
      { seed: 6962, numRuns: 500 },
    );
  });

  it('does not hang on 64 KiB of whatever takes a reader longest', () => {
    const size = 65_536;
    const fill = (unit: string): string => unit.repeat(size / unit.length);
    const inputs = [
      fill('['),
      fill('{"a":'),
      `"${fill('\\\\')}"`,
      `"${fill('\\u00')}"`,
      `[${fill('0,')}0]`,
      `{${Array.from({ length: 5_000 }, (_, i) => `"m${i}":0`).join(',')}}`,
      fill(' '),
      fill('9'),
      GOOD_TEXT.replace('"leaf_data":"', `"leaf_data":"${'['.repeat(60_000)}`),
      GOOD_TEXT.replace('"checkpoint":"', `"checkpoint":"${fill('\\n')}`),
      GOOD_TEXT.replace('"checkpoint":"', `"checkpoint":"${fill('\u2014 ')}`),
    ];
    for (const input of inputs) {
      const startedMs = performance.now();
      expect(verifyProofPackage(input, TRUST, OPTIONS).verdict).not.toBe('verified');
      // 5 to 20 ms each on an idle core; the bound leaves room for a busy machine, not for a quadratic reader.
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    }
  });
});
