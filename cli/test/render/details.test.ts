/** The further lines of -v. @module */
import { followKeyStatements, keyIdFromPublicKey, verifyProofPackage } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { FIXTURES_NOW_MS, readFixturePackage } from '../../../test/support/fixture-packages.ts';
import { placeOfFile } from '../../src/inputs/item.ts';
import type { PinnedKey } from '../../src/pinned-keys.ts';
import { detailLines, timeText } from '../../src/render/details.ts';
import { makeReport, REPORT_LOG } from '../support/make-report.ts';

const PUBLIC_KEY = Buffer.from(REPORT_LOG.publicKeyHex, 'hex');

function lines(report = makeReport(), name: string | null = null): string {
  const keyId = report.key?.keyId ?? '';
  const key: PinnedKey = {
    publicKey: PUBLIC_KEY,
    keyId,
    kind: 'log',
    name,
    origin: '--public-key @a\u0007b',
    source: 'flag',
    entry: null,
  };
  return detailLines(
    { place: placeOfFile('a'), label: 'a', report, digest: null, bytes: null },
    report.key?.source === 'pinned' ? [key] : [],
  ).join('\n');
}

describe('detailLines', () => {
  it('says whose key it is, which leaf of which tree, and what is not proven', () => {
    const text = lines();
    expect(text).toMatch(/Key id {3}[0-9a-f]{64}\n {11}pinned by --public-key @a\\u0007b\n/);
    expect(text).toMatch(/Leaf {5}index 1 of 3\n/);
    expect(text).toContain('Unproven that the receiver');
    expect(text).not.toContain('claimed');
  });

  it('names the log of a verifier key', () => {
    expect(lines(makeReport(), 'log.example')).toContain('log.example, pinned by');
  });

  it('marks what an unverified package says of itself', () => {
    const text = lines(makeReport(undefined, false));
    expect(text).toContain('not pinned');
    expect(text).not.toContain('Unproven');
    for (const word of ['Attempt', 'Event', 'Payload']) {
      expect(text).toMatch(new RegExp(`${word} .*\\(claimed\\)`));
    }
  });

  it('lists the way from the key of the head back to the pinned one', () => {
    const { text, publicKey } = readFixturePackage('valid-key-chain-mixed.json');
    const keys = [{ publicKey: Buffer.from(publicKey, 'hex'), name: null }];
    const report = verifyProofPackage(
      text,
      { keys },
      { nowMs: FIXTURES_NOW_MS, followKeyStatements },
    );
    expect(report.verdict).toBe('verified');
    const way = lines(report)
      .split('\n')
      .filter((line) => line.includes('named from'));
    expect(way.map((line) => /\((.*)\)/.exec(line)?.[1])).toEqual([
      'logged',
      'signed, not shown in the log',
      'logged',
    ]);
    expect(way[2]).toContain(`by the key ${keyIdFromPublicKey(Buffer.from(publicKey, 'hex'))}`);
    expect(lines(report)).toContain('reached from a pinned key');
  });

  it('has nothing to add to what could not be read', () => {
    const report = makeReport((proof) => {
      proof.format = 'other';
    });
    expect(lines(report)).toBe('');
  });
});

describe('timeText', () => {
  it('writes UTC, and numbers beyond the calendar as they are', () => {
    expect(timeText(1_705_314_646_000)).toBe('2024-01-15T10:30:46.000Z');
    expect(timeText(2 ** 53 - 1)).toBe('9007199254740991 ms');
  });
});
