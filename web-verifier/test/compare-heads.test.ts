/** Heads among what was given: which belong together, and what the verifier says of them. @module */
import { describe, expect, it } from 'vitest';
import type { Numbered, Tell } from '../src/check-protocol.ts';
import { CheckSession } from '../src/check-session.ts';
import { itemsToCompare } from '../src/compare-heads.ts';
import type { Finding, Result } from '../src/finding.ts';
import type { Terms } from '../src/grounds.ts';
import { RUN_LIMITS } from '../src/item.ts';
import { readKeyText } from '../src/trusted-keys.ts';
import { craftHeads, craftPackage } from './support/craft-package.ts';

const heads = craftHeads(7, 19);
const otherHistory = craftHeads(7, 19, 'another');
const reading = readKeyText(heads.publicKeyHex);
const terms: Terms = {
  keys: reading.kind === 'key' ? [reading.key] : [],
  headers: [],
  nowMs: Date.UTC(2026, 5, 1),
};

describe('two heads in one run', () => {
  it('become one result, with or without a package beside them', async () => {
    const { results, finding } = await check([
      heads.newHead,
      craftPackage().text,
      heads.proof,
      heads.oldHead,
    ]);
    expect(results.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([
      '2: verified',
      '1 + 4 + 3: verified',
    ]);
    expect(finding?.comparison).toMatchObject({ old: { treeSize: 7 }, new: { treeSize: 19 } });
  });

  it.each([
    ['no proof between them', [heads.oldHead, heads.newHead], 'inconclusive', null],
    ['the same tree', [heads.oldHead, heads.oldHead], 'verified', null],
    ['two roots of one size', [heads.oldHead, otherHistory.oldHead], 'invalid', 'E_SPLIT_VIEW'],
    [
      'a proof of another history',
      [heads.oldHead, heads.newHead, otherHistory.proof],
      'invalid',
      'E_HEAD_MISMATCH',
    ],
  ])('says what they are: %s', async (_, texts, verdict, code) => {
    const { results } = await check(texts);
    expect(results).toMatchObject([{ verdict, code }]);
  });

  it('are untrusted under no key', async () => {
    const { results } = await check([heads.oldHead, heads.newHead, heads.proof], {
      ...terms,
      keys: [],
    });
    expect(results).toMatchObject([{ verdict: 'untrusted', code: 'E_KEY_UNKNOWN' }]);
  });

  it('stay single where it is not plain what belongs together', async () => {
    const { results } = await check([heads.oldHead, heads.newHead, heads.oldHead]);
    expect(results.map(({ verdict }) => verdict)).toEqual(['malformed', 'malformed', 'malformed']);
    expect((await check([heads.oldHead, heads.proof])).results).toHaveLength(2);
    expect(itemsToCompare({ heads: [], proofs: [] })).toBeNull();
  });
});

/** Checks texts named 1, 2, 3 …, and asks for all about the last result. */
async function check(texts: readonly string[], under: Terms = terms) {
  const results: Result[] = [];
  let finding: Finding | null = null;
  const session = new CheckSession({
    tell: ({ message }: Numbered<Tell>) => {
      if (message.kind === 'results') results.push(...message.results);
      if (message.kind === 'finding') finding = message.finding;
    },
    monotonicMs: () => 0,
    breathe: () => Promise.resolve(),
    limits: RUN_LIMITS,
  });
  const sources = texts.map((text, i) => {
    return { name: `${i + 1}`, blob: new Blob([text]), isListed: false };
  });
  await session.take({ run: 1, message: { kind: 'check', sources, terms: under } });
  const id = results.at(-1)?.id ?? 0;
  await session.take({ run: 1, message: { kind: 'show', id, terms: under } });
  return { results, finding: finding as Finding | null };
}
