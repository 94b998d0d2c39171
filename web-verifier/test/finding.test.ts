/** From an item to a finding: the verifier's word, and nothing beyond it. @module */
import type { PublicKey } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { findingFromItem, resultFromFinding } from '../src/finding.ts';
import { groundsOf } from '../src/grounds.ts';
import type { Item } from '../src/item.ts';
import { readKeyText } from '../src/trusted-keys.ts';
import { alter, craftPackage } from './support/craft-package.ts';
import { itemOf } from './support/make-item.ts';

const good = craftPackage();
const reading = readKeyText(good.publicKeyHex);
const pinned = reading.kind === 'key' ? [reading.key] : [];
const nobody: readonly PublicKey[] = [];
const NOW_MS = Date.UTC(2026, 5, 1);

describe('findingFromItem', () => {
  it('has no code for a verified package', () => {
    const finding = find(good.text, pinned);
    expect(finding).toMatchObject({ verdict: 'verified', code: null, other: null });
    expect(finding.report?.levels).toEqual(['A']);
  });

  it('names the check that decides, not an earlier one of a milder kind', () => {
    const broken = alter(good.text, /"signature": "../, '"signature": "00');
    expect(find(broken, nobody)).toMatchObject({ verdict: 'invalid', code: 'E_STH_SIGNATURE' });
    expect(find(good.text, nobody)).toMatchObject({ verdict: 'untrusted', code: 'E_KEY_UNKNOWN' });
  });

  it('passes the time on: a head from the future is not trusted', () => {
    const early = findingFromItem(itemOf('a', good.text), groundsAt(Date.UTC(2026, 0, 1)));
    expect(early).toMatchObject({ verdict: 'untrusted', code: 'E_STH_TIME' });
  });

  it('keeps no report of what is something else', () => {
    const finding = find(good.publicKeyHex, pinned);
    expect(finding).toMatchObject({ verdict: 'malformed', report: null });
    expect(finding.other?.kind).toBe('public-key');
  });

  it.each([
    ['malformed', 'E_TOO_LARGE'],
    ['malformed', 'E_FIELD'],
    ['error', 'E_NO_INPUT'],
    ['error', 'E_IO'],
  ] as const)('is %s with the code of what could not be read: %s', (verdict, code) => {
    const unread: Item = { ...itemOf('a', null), refusal: { code } };
    const finding = findingFromItem(unread, groundsAt(NOW_MS));
    expect(finding).toMatchObject({ verdict, code, report: null, failure: { code } });
  });
});

describe('resultFromFinding', () => {
  it('states a fact only of what is verified', () => {
    const fact = { endpointUrl: 'https://example.com/webhook', attemptedAt: expect.any(String) };
    expect(resultFromFinding(find(good.text, pinned))).toMatchObject({ verdict: 'verified', fact });
    expect(resultFromFinding(find(good.text, nobody))).toMatchObject({ fact: null });
  });

  it('tells the fingerprint of a key that could be pinned', () => {
    expect(resultFromFinding(find(good.publicKeyHex, nobody)).pinnable).toBe(good.keyId);
    expect(resultFromFinding(find(good.text, nobody)).pinnable).toBeNull();
  });
});

function groundsAt(nowMs: number, keys: readonly PublicKey[] = pinned) {
  return groundsOf({ keys, headers: [], nowMs });
}

function find(text: string, keys: readonly PublicKey[]) {
  return findingFromItem(itemOf('a', text), groundsAt(NOW_MS, keys));
}
