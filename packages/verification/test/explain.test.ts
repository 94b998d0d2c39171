/** The printed words, letter by letter where they are promised. @module */

import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type Verdict } from '../src/errors.ts';
import {
  deliveryLines,
  describeCheck,
  explainCode,
  headlineOfVerdict,
  levelsText,
  shortKeyId,
} from '../src/explain.ts';
import { followKeyStatements } from '../src/key-check.ts';
import { keyIdFromPublicKey } from '../src/public-key.ts';
import type { CheckStatus, KeyFacts, Report } from '../src/report.ts';
import { verifyProofPackage } from '../src/verify.ts';
import { makeChainPackage, rotationText, signerNumber } from './make-key-chain.ts';
import { type JsonRecord, LOG_SIGNER, leafText, makePackage, NOW_MS } from './make-package.ts';

function reportOf(
  changes: JsonRecord = {},
  name: string | null = null,
  more: JsonRecord = {},
): Report {
  const made = { ...makePackage({ leafText: leafText(changes) }), ...more };
  const trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name }] };
  return verifyProofPackage(JSON.stringify(made), trust, { nowMs: NOW_MS, followKeyStatements });
}

describe('headlines', () => {
  it('are the promised ones', () => {
    const expected: Readonly<Record<Verdict, string>> = {
      verified: 'Proof verified successfully!',
      invalid: 'Proof verification failed',
      malformed: 'Not a readable proof package',
      untrusted: 'Proof not trusted',
      inconclusive: 'Proof not decided',
      error: 'Could not read',
    };
    for (const [verdict, headline] of Object.entries(expected)) {
      expect(headlineOfVerdict(verdict as Verdict)).toBe(headline);
    }
  });
});

describe('the delivery', () => {
  it('is told in the promised words', () => {
    expect(deliveryLines(reportOf())).toEqual({
      delivered: 'Webhook delivered to https://example.com/webhook',
      timestamp: 'Timestamp: 2026-01-15T10:30:44Z',
      status: 'HTTP status: 200',
      signed: 'Cryptographically signed by Kapsel',
    });
  });

  it.each<[JsonRecord, string, string]>([
    [{ outcome: 'rejected', response_status: 503 }, 'Delivery attempted to', 'HTTP status: 503'],
    [
      { outcome: 'failed', response_status: null },
      'Delivery attempted to',
      'HTTP status: none (no response)',
    ],
    [
      { outcome: 'unknown', response_status: null },
      'Delivery started to',
      'HTTP status: unknown (the sender stopped in between)',
    ],
  ])('is never called delivered for %j', (changes, verb, status) => {
    const lines = deliveryLines(reportOf(changes));
    expect(lines?.delivered).toBe(`${verb} https://example.com/webhook`);
    expect(lines?.status).toBe(status);
  });

  it('keeps milliseconds that are not zero', () => {
    const lines = deliveryLines(reportOf({ attempted_at: '2026-01-15T10:30:44.120Z' }));
    expect(lines?.timestamp).toBe('Timestamp: 2026-01-15T10:30:44.120Z');
  });

  it('names the key as the user calls it, with its fingerprint', () => {
    expect(deliveryLines(reportOf({}, 'acme-prod'))?.signed).toBe(
      'Cryptographically signed by acme-prod (key 21fe 31df a154 a261)',
    );
  });

  it('escapes a hostile URL and a hostile name', () => {
    const url = 'https://a/\u001b[2K\u202e\nProof verified';
    const lines = deliveryLines(reportOf({ endpoint_url: url }, 'x\u001b[0m'));
    expect(lines?.delivered).toBe(
      'Webhook delivered to https://a/\\u001b[2K\\u202e\\u000aProof verified',
    );
    expect(lines?.signed).toContain('x\\u001b[0m');
  });

  it('says that the key was reached, from which one, and whether the log shows it', () => {
    const texts = [rotationText(0), rotationText(1)];
    const signedBy = (name: string | null, isLogged: boolean): string | null | undefined => {
      const made = makeChainPackage(texts, signerNumber(2), { isLogged });
      const trust = { keys: [{ publicKey: LOG_SIGNER.publicKey, name }] };
      const options = { nowMs: NOW_MS, followKeyStatements };
      const report = verifyProofPackage(JSON.stringify(made), trust, options);
      return deliveryLines(report)?.signed;
    };
    const third = shortKeyId(keyIdFromPublicKey(signerNumber(2).publicKey));
    expect(signedBy('acme-prod', true)).toBe(
      `Cryptographically signed by acme-prod (key ${third}, reached from 21fe 31df a154 a261 by 2 logged statements)`,
    );
    expect(signedBy(null, false)).toBe(
      `Cryptographically signed by Kapsel (key ${third}, reached from 21fe 31df a154 a261 by 2 signed statements, not all shown in the log)`,
    );
  });

  it('is not signed by anybody unless it is verified', () => {
    const text = JSON.stringify(makePackage());
    const untrusted = verifyProofPackage(text, { keys: [] }, { nowMs: NOW_MS });
    expect(deliveryLines(untrusted)?.signed).toBeNull();
  });

  it('is not told where the leaf cannot be read', () => {
    expect(deliveryLines(verifyProofPackage('x', { keys: [] }, { nowMs: NOW_MS }))).toBeNull();
  });
});

describe('levels', () => {
  it('are told with what is missing', () => {
    expect(levelsText(reportOf())).toBe(
      'Level A: logged. No receipt from the destination, no Bitcoin anchor.',
    );
  });

  it('say of a part that was not checked that it was not', () => {
    const text = levelsText(
      reportOf({}, null, { anchors: [{ type: 'opentimestamps', proof: 'AA==' }] }),
    );
    expect(text).toBe(
      'Level A: logged. No receipt from the destination, Bitcoin anchor present, and checkAnchors was not given.',
    );
  });

  it('are none unless the proof is verified', () => {
    const report = verifyProofPackage('x', { keys: [] }, { nowMs: NOW_MS });
    expect(levelsText(report)).toMatch(/^No level/);
  });

  it('names what is still pending, and nothing where all three were reached', () => {
    const whole = (receipt: CheckStatus, anchor: CheckStatus): string =>
      levelsText({
        ...reportOf(),
        levels: ['A', 'B', 'C'],
        checks: [
          { id: 'receipt', status: receipt },
          { id: 'anchor', status: anchor },
        ],
      });
    expect(whole('pass', 'pass')).toBe('Level A+B+C: logged; received; anchored.');
    expect(whole('pass', 'pending')).toMatch(/ Bitcoin anchor pending\.$/);
  });

  it('counts the statements of a chain', () => {
    const report = reportOf({}, 'acme-prod');
    const statement = {
      previousKeyId: 'ab'.repeat(32),
      keyId: 'cd'.repeat(32),
      validFrom: '2026-01-01T00:00:00.000Z',
      isLogged: true,
    };
    const key: KeyFacts = {
      ...(report.key as KeyFacts),
      source: 'chain',
      statements: [statement],
    };
    expect(deliveryLines({ ...report, key })?.signed).toContain(' by 1 logged statement)');
    const statements = [statement, { ...statement, isLogged: false }];
    expect(deliveryLines({ ...report, key: { ...key, statements } })?.signed).toContain(
      ' by 2 signed statements, not all shown in the log)',
    );
  });
});

describe('checks', () => {
  it('are described in one line each', () => {
    expect(describeCheck({ id: 'leaf', status: 'pass' })).toBe('leaf - passed');
    expect(describeCheck({ id: 'policy', status: 'pass', reason: 'cosigned by 2' })).toBe(
      'policy - passed (cosigned by 2)',
    );
    expect(describeCheck({ id: 'inclusion', status: 'fail', code: 'E_ROOT_MISMATCH' })).toBe(
      'inclusion - the path leads to another root',
    );
    expect(describeCheck({ id: 'anchor', status: 'skipped', reason: 'none in the file' })).toBe(
      'anchor - skipped: none in the file',
    );
    expect(describeCheck({ id: 'anchor', status: 'pending', reason: 'no block yet' })).toBe(
      'anchor - pending: no block yet',
    );
    // A report may also have been read from elsewhere, with less in it.
    expect(describeCheck({ id: 'anchor', status: 'pending' })).toBe(
      'anchor - pending: not decided yet',
    );
    expect(describeCheck({ id: 'anchor', status: 'skipped' })).toBe(
      'anchor - skipped: not asked for',
    );
    expect(describeCheck({ id: 'anchor', status: 'fail' })).toBe('anchor - failed');
    expect(describeCheck({ id: 'format', status: 'fail', code: 'E_JSON', field: 'column 3' })).toBe(
      'format - not JSON at column 3',
    );
    expect(describeCheck({ id: 'key', status: 'fail', code: 'E_KEY_UNKNOWN', reason: 'why' })).toBe(
      'key - the signing key is not one you pinned (why)',
    );
  });

  it('say where JSON ends to be JSON, and give no values of other refusals', () => {
    const failed = { status: 'fail', field: 'x', expected: 'a/v1', actual: 'b' } as const;
    expect(describeCheck({ id: 'inclusion', ...failed, code: 'E_ROOT_MISMATCH' })).toBe(
      'inclusion - the path leads to another root',
    );
    expect(describeCheck({ id: 'format', status: 'fail', code: 'E_JSON' })).toBe(
      'format - not JSON',
    );
    const bare = describeCheck({ id: 'format', status: 'fail', code: 'E_VERSION' });
    expect(bare).toBe('format - this is written in a format this program does not read');
  });

  it('say which version a file has and which is read', () => {
    const text = '{"format":"kapsel.proof/v3\\u001b"}';
    const report = verifyProofPackage(text, { keys: [] }, { nowMs: NOW_MS });
    const [format] = report.checks;
    expect(format && describeCheck(format)).toBe(
      'format - written in format kapsel.proof/v3\\u001b; this program reads v1',
    );
  });
});

describe('codes', () => {
  it('all have words', () => {
    for (const code of ERROR_CODES) expect(explainCode(code).next).toBeTruthy();
  });

  it('have fingerprints in groups of four', () => {
    expect(shortKeyId('9f8e7d6c5b4a3928ffff')).toBe('9f8e 7d6c 5b4a 3928');
    expect(shortKeyId('')).toBe('');
  });
});
