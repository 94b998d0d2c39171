/** The sample is verified, and each change in a copy is found by the check that should find it. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findingFromItem } from '../src/finding.ts';
import { groundsOf } from '../src/grounds.ts';
import { BREAKS, type Break, SAMPLE_KEY, sampleSource } from '../src/sample.ts';
import { itemOf } from './support/make-item.ts';

const FOUND_BY: Readonly<Record<Break, string>> = {
  leaf: 'E_LEAF_HASH',
  index: 'E_ROOT_MISMATCH',
  sibling: 'E_ROOT_MISMATCH',
  root: 'E_ROOT_MISMATCH',
  signature: 'E_STH_SIGNATURE',
  key: 'E_STH_SIGNATURE',
};

describe('the sample', () => {
  it('is one of the known answers', () => {
    const [ours, fixture] = [
      '../src/sample-proof.json',
      '../../fixtures/packages/valid-size-300.json',
    ].map((path) => readFileSync(new URL(path, import.meta.url), 'utf8'));
    expect(ours).toBe(fixture);
  });

  it('is verified under its own key', async () => {
    expect(await codeOf(null)).toBe('verified');
  });

  it.each(Object.keys(BREAKS) as Break[])('is refused with another %s', async (changed) => {
    expect(await codeOf(changed)).toBe(FOUND_BY[changed]);
    expect(sampleSource(changed).name).not.toBe(sampleSource(null).name);
  });
});

async function codeOf(changed: Break | null): Promise<string> {
  const { name, blob } = sampleSource(changed);
  if (blob === null) throw new Error('the sample has no text');
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const { code, verdict } = findingFromItem(
    itemOf(name, bytes),
    groundsOf({ keys: [SAMPLE_KEY], headers: [], nowMs: Date.UTC(2026, 5, 1) }),
  );
  return code ?? verdict;
}
