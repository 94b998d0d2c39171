/** Every single bit of a package, one after the other: none may be flipped unnoticed. @module */
import { expect, it } from 'vitest';
import type { Trust } from '../src/trust.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { LOG_SIGNER, makePackage, NOW_MS, utf8 } from './make-package.ts';

const TRUST: Trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name: null }] };
const TEXT = JSON.stringify(makePackage());
const STH_ID = '018d2f1e-3b5c-7a10-8f00-0000000000ff';

it('is not verified with any one bit flipped outside of sth_id, which nothing signs', () => {
  const good = utf8(TEXT);
  const freeFrom = utf8(TEXT.slice(0, TEXT.indexOf(STH_ID))).length;
  const survivors: number[] = [];
  for (let bit = 0; bit < 8 * good.length; bit++) {
    const at = bit >> 3;
    if (at >= freeFrom && at < freeFrom + STH_ID.length) continue;
    const changed = Uint8Array.from(good);
    changed[at] = (changed[at] as number) ^ (1 << (bit & 7));
    const report = verifyProofPackage(changed, TRUST, { nowMs: NOW_MS });
    if (report.verdict === 'verified') survivors.push(bit);
  }
  expect(survivors).toEqual([]);
}, 300_000);
