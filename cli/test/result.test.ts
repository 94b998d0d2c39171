/** Each input gives one result, also one that could not be read. @module */
import { describe, expect, it } from 'vitest';
import { resultFromSource } from '../src/result.ts';
import { HEAD_TIME_MS, makeLog } from './support/make-proof.ts';

const LOG = makeLog(1, [{}]);
const TRUST = { keys: [{ publicKey: Buffer.from(LOG.publicKeyHex, 'hex'), name: null }] };

describe('resultFromSource', () => {
  it('checks bytes against the trust and the time that were given', () => {
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(LOG.proof(0))));
    const check = (trust: typeof TRUST, nowMs: number) =>
      resultFromSource('a.json', { kind: 'bytes', bytes }, trust, nowMs).report.verdict;
    expect(check(TRUST, HEAD_TIME_MS)).toBe('verified');
    expect(check({ keys: [] }, HEAD_TIME_MS)).toBe('untrusted');
    expect(check(TRUST, HEAD_TIME_MS - 600_000)).toBe('untrusted');
  });

  it('calls too much malformed and unreadable an error, with their codes', () => {
    const large = resultFromSource('a', { kind: 'too-large', limitBytes: 5 }, TRUST, 0);
    expect(large.report).toMatchObject({ verdict: 'malformed', checks: [{ code: 'E_TOO_LARGE' }] });
    const absent = resultFromSource('a', { kind: 'unreadable', reason: 'gone' }, TRUST, 0);
    expect(absent.report).toMatchObject({ verdict: 'error', checks: [{ code: 'E_IO' }] });
  });

  it('names standard input, and hides a key typed as a file', () => {
    const unreadable = { kind: 'unreadable', reason: 'gone' } as const;
    expect(resultFromSource('-', unreadable, TRUST, 0).label).toBe('stdin');
    const key = resultFromSource(LOG.publicKeyHex, unreadable, TRUST, 0);
    expect(JSON.stringify(key)).not.toContain(LOG.publicKeyHex.slice(0, 8));
    expect(key.report.checks[0]?.reason).toContain('--public-key');
  });
});
