/** From an entry to a finding: the verifier's word, and nothing beyond it. @module */
import type { Trust } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { findingFromEntry } from '../src/finding.ts';
import { type Entry, entryFromText } from '../src/read-files.ts';
import { readKeyText, trustFromKeys } from '../src/trusted-keys.ts';
import { alter, craftPackage } from './support/craft-package.ts';

const good = craftPackage();
const reading = readKeyText(good.publicKeyHex);
const trust = trustFromKeys(reading.kind === 'key' ? [reading.key] : []);
const nobody: Trust = { keys: [] };
const NOW_MS = Date.UTC(2026, 5, 1);

describe('findingFromEntry', () => {
  it('has no code for a verified package', () => {
    const finding = find(good.text, trust);
    expect(finding).toMatchObject({ verdict: 'verified', code: null, other: null });
    expect(finding.report?.levels).toEqual(['A']);
  });

  it('names the check that decides, not an earlier one of a milder kind', () => {
    const broken = alter(good.text, /"signature": "../, '"signature": "00');
    expect(find(broken, nobody)).toMatchObject({ verdict: 'invalid', code: 'E_STH_SIGNATURE' });
    expect(find(good.text, nobody)).toMatchObject({ verdict: 'untrusted', code: 'E_KEY_UNKNOWN' });
  });

  it('passes the time on: a head from the future is not trusted', () => {
    const entry = entryFromText(1, 'a', good.text);
    const early = findingFromEntry(entry, trust, Date.UTC(2026, 0, 1));
    expect(early).toMatchObject({ verdict: 'untrusted', code: 'E_STH_TIME' });
  });

  it('keeps no report of what is something else', () => {
    const finding = find(good.publicKeyHex, trust);
    expect(finding).toMatchObject({ verdict: 'malformed', report: null });
    expect(finding.other?.kind).toBe('public-key');
  });

  it.each([
    ['too-large', 'malformed', 'E_TOO_LARGE'],
    ['unreadable', 'error', 'E_IO'],
  ] as const)('says what it means that a file is %s', (kind, verdict, code) => {
    const entry: Entry = { id: 1, name: 'a', sizeBytes: 0, content: { kind } };
    expect(findingFromEntry(entry, trust, NOW_MS)).toMatchObject({ verdict, code, report: null });
  });
});

function find(text: string, trusted: Trust) {
  return findingFromEntry(entryFromText(1, 'a', text), trusted, NOW_MS);
}
