/** From an item to a finding: the verifier's word, and nothing beyond it. @module */
import type { Trust } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { findingFromItem, resultFromFinding } from '../src/finding.ts';
import type { Item } from '../src/item.ts';
import { readKeyText, trustFromKeys } from '../src/trusted-keys.ts';
import { alter, craftPackage } from './support/craft-package.ts';

const good = craftPackage();
const reading = readKeyText(good.publicKeyHex);
const trust = trustFromKeys(reading.kind === 'key' ? [reading.key] : []);
const nobody: Trust = { keys: [] };
const NOW_MS = Date.UTC(2026, 5, 1);

describe('findingFromItem', () => {
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
    const early = findingFromItem(item(good.text), trust, Date.UTC(2026, 0, 1));
    expect(early).toMatchObject({ verdict: 'untrusted', code: 'E_STH_TIME' });
  });

  it('keeps no report of what is something else', () => {
    const finding = find(good.publicKeyHex, trust);
    expect(finding).toMatchObject({ verdict: 'malformed', report: null });
    expect(finding.other?.kind).toBe('public-key');
  });

  it.each([
    ['malformed', 'E_TOO_LARGE'],
    ['error', 'E_IO'],
  ] as const)('is %s with the code of what could not be read: %s', (verdict, fault) => {
    const unread: Item = { ...item(''), bytes: null, fault };
    const finding = findingFromItem(unread, trust, NOW_MS);
    expect(finding).toMatchObject({ verdict, code: fault, report: null });
  });
});

describe('resultFromFinding', () => {
  it('states a fact only of what is verified', () => {
    const fact = { endpointUrl: 'https://example.com/webhook', attemptedAt: expect.any(String) };
    expect(resultFromFinding(find(good.text, trust))).toMatchObject({ verdict: 'verified', fact });
    expect(resultFromFinding(find(good.text, nobody))).toMatchObject({ fact: null });
  });

  it('tells the fingerprint of a key that could be pinned', () => {
    expect(resultFromFinding(find(good.publicKeyHex, nobody)).pinnable).toBe(good.keyId);
    expect(resultFromFinding(find(good.text, nobody)).pinnable).toBeNull();
  });
});

function item(text: string): Item {
  const bytes = new TextEncoder().encode(text);
  return { id: 1, name: 'a', sizeBytes: bytes.length, bytes, fault: null };
}

function find(text: string, trusted: Trust) {
  return findingFromItem(item(text), trusted, NOW_MS);
}
