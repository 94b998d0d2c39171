/** Each input gives one result, also one that could not be read. @module */
import { anchorChecker } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { evidenceOfMainnet } from '../src/anchor-evidence.ts';
import { placeOfFile } from '../src/inputs/item.ts';
import { NO_REQUIREMENTS } from '../src/requirements.ts';
import { resultFromItem, type Settings } from '../src/result.ts';
import { HEAD_TIME_MS, makeLog } from './support/make-proof.ts';

const LOG = makeLog(1, [{}]);
const SETTINGS: Settings = {
  trust: { keys: [{ publicKey: Buffer.from(LOG.publicKeyHex, 'hex'), name: null }] },
  nowMs: HEAD_TIME_MS,
  requirements: NO_REQUIREMENTS,
  checkAnchors: anchorChecker(evidenceOfMainnet()),
  wantsDigest: false,
  wantsBytes: false,
};

describe('resultFromItem', () => {
  it('checks bytes against the trust and the time that were given', () => {
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(LOG.proof(0))));
    const check = (more: Partial<Settings>) =>
      resultFromItem(
        { kind: 'package', place: placeOfFile('a.json'), bytes },
        { ...SETTINGS, ...more },
      );
    expect(check({}).report.verdict).toBe('verified');
    expect(check({ trust: { keys: [] } }).report.verdict).toBe('untrusted');
    expect(check({ nowMs: HEAD_TIME_MS - 600_000 }).report.verdict).toBe('untrusted');
    expect(check({}).digest).toBeNull();
    expect(check({ wantsDigest: true }).digest?.bytes).toBe(bytes.length);
  });

  it('gives what could not be read the verdict of its code', () => {
    const refused = (code: 'E_TOO_LARGE' | 'E_IO' | 'E_NO_INPUT', path = 'a') =>
      resultFromItem(
        { kind: 'refused', place: placeOfFile(path), refusal: { code, reason: 'gone' } },
        SETTINGS,
      );
    expect(refused('E_TOO_LARGE').report).toMatchObject({ verdict: 'malformed' });
    expect(refused('E_IO').report).toMatchObject({ verdict: 'error', checks: [{ code: 'E_IO' }] });
    expect(refused('E_NO_INPUT', '-').label).toBe('stdin');
    const key = refused('E_IO', LOG.publicKeyHex);
    expect(key.label).not.toContain(LOG.publicKeyHex.slice(0, 8));
    expect(key.report.checks[0]?.reason).toContain('--public-key');
  });
});
