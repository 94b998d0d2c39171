/** Each package of `fixtures/` gets the verdict that its file expects, from the core. @module */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  bytesFromHex,
  ERROR_CODES,
  type ErrorCode,
  followKeyStatements,
  leafHash,
  parseProofPackage,
  type Report,
  utf8FromString,
  verdictOfCode,
  verifyProofPackage,
} from '@kapsel/verification';
import { describe, expect, test } from 'vitest';
import {
  FIXTURES_NOW_MS,
  type FixturePackage,
  readFixturePackages,
} from '../support/fixture-packages.ts';

const FIXTURES = readFixturePackages();
const MAKE = fileURLToPath(new URL('../../fixtures/make.mjs', import.meta.url));

// Codes that a package alone can lead to in the version that is tested here.
const CODES_OF_PACKAGES = [
  'E_JSON',
  'E_DUPLICATE_MEMBER',
  'E_VERSION',
  'E_FIELD',
  'E_LEAF_TEXT',
  'E_TOO_LARGE',
  'E_LEAF_HASH',
  'E_INDEX_RANGE',
  'E_PATH_LENGTH',
  'E_ROOT_MISMATCH',
  'E_HEAD_MISMATCH',
  'E_STH_SIGNATURE',
  'E_CHECKPOINT',
  'E_KEY_CHAIN',
  'E_KEY_UNKNOWN',
  'E_KEY_REVOKED',
  'E_STH_TIME',
];

function verify(fixture: FixturePackage, input: string | Uint8Array): Report {
  const trust = { keys: [{ publicKey: bytesFromHex(fixture.publicKey), name: null }] };
  return verifyProofPackage(input, trust, { nowMs: FIXTURES_NOW_MS, followKeyStatements });
}

function firstFailure(report: Report): string {
  return report.checks.find(({ status }) => status === 'fail')?.code ?? 'verified';
}

function isErrorCode(text: string): text is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(text);
}

test('there is a fixture for each code that a package can lead to', () => {
  const expected = new Set(FIXTURES.map((fixture) => fixture.expect));
  expect([...expected].sort()).toEqual(['verified', ...CODES_OF_PACKAGES].sort());
});

describe.each(FIXTURES)('$name: $desc', (fixture) => {
  test(`is ${fixture.expect}`, () => {
    const report = verify(fixture, fixture.text);
    expect(firstFailure(report)).toBe(fixture.expect);
    if (fixture.expect === 'verified') {
      expect(report.verdict).toBe('verified');
      expect(report.levels).toEqual(['A']);
      expect(report.claims?.authenticated).toBe(true);
    } else {
      if (!isErrorCode(fixture.expect)) throw new Error(`unknown code ${fixture.expect}`);
      expect(report.verdict).toBe(verdictOfCode(fixture.expect));
      expect(report.levels).toEqual([]);
      expect(report.claims?.authenticated ?? false).toBe(false);
    }
  });

  test('the bytes of the file get the same report as its text', () => {
    expect(verify(fixture, utf8FromString(fixture.text))).toEqual(verify(fixture, fixture.text));
  });
});

test('without a pinned key no fixture is verified', () => {
  for (const { text } of FIXTURES) {
    const report = verifyProofPackage(
      text,
      { keys: [] },
      { nowMs: FIXTURES_NOW_MS, followKeyStatements },
    );
    expect(report.verdict).not.toBe('verified');
  }
});

test('a head from the future is trusted once its time has come', () => {
  const fixture = FIXTURES.find(({ name }) => name === 'tampered-head-from-future');
  if (fixture === undefined) throw new Error('the fixture is missing');
  const trust = { keys: [{ publicKey: bytesFromHex(fixture.publicKey), name: null }] };
  const later = verifyProofPackage(fixture.text, trust, {
    nowMs: Date.UTC(2100, 0, 1),
    followKeyStatements,
  });
  expect(later.verdict).toBe('verified');
});

test('the leaf of a good package is checked with one hash over its text', () => {
  for (const { text } of FIXTURES.filter((fixture) => fixture.expect === 'verified')) {
    const made = parseProofPackage(text);
    expect(leafHash(utf8FromString(made.leafData))).toEqual(made.leafHash);
  }
});

test('the files on disk are those that their program makes', () => {
  const run = spawnSync(process.execPath, [MAKE, '--check'], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});
