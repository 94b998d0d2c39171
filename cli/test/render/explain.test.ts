/** The steps of --explain can be done again by hand, and say where the tree is uneven and what failed. @module */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FIXTURES_NOW_MS, readFixturePackage } from '../../../test/support/fixture-packages.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog, type ProofJson } from '../support/make-proof.ts';

const LOG = makeLog(
  1,
  Array.from({ length: 7 }, () => ({})),
);

async function explain(proof: ProofJson): Promise<string[]> {
  const words = ['-', '--explain', '--public-key', LOG.publicKeyHex];
  const { stdout } = await runInside(words, { stdin: JSON.stringify(proof) });
  return stdout.split('\n');
}

function sha256(...parts: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

/** Does every printed step again, from the printed text alone, and returns the root. */
function redo(lines: readonly string[], leafData: string): string {
  let ours = sha256(Buffer.of(0), Buffer.from(leafData));
  expect(lines.find((line) => /^ {13}= /.test(line))?.trim()).toBe(`= ${ours}`);
  for (const [i, line] of lines.entries()) {
    const order = /SHA-256\(01 ‖ (ours|sibling) ‖ (?:ours|sibling)\)/.exec(line)?.[1];
    if (order === undefined) continue;
    const sibling = /‖ ([0-9a-f]{64})/.exec(lines[i + 1] ?? '')?.[1] ?? '';
    const pair = order === 'ours' ? [ours, sibling] : [sibling, ours];
    ours = sha256(Buffer.of(1), ...pair.map((hex) => Buffer.from(hex, 'hex')));
    expect(lines[i + 2]?.trim()).toBe(`= ${ours}`);
  }
  return ours;
}

describe('--explain', () => {
  it.each([0, 3, 4, 5, 6])('prints what is needed to do it again, for leaf %i', async (index) => {
    const proof = LOG.proof(index);
    expect(redo(await explain(proof), proof.leaf_data)).toBe(proof.inclusion_proof.root_hash);
  });

  it('says the parity that decides the order of each pair', async () => {
    for (const index of [0, 1, 2, 3, 4, 5, 6]) {
      const lines = await explain(LOG.proof(index));
      for (const line of lines.filter((each) => each.includes('SHA-256(01'))) {
        const [, position = '', parity, first] =
          /index (\d+) is (\w+) -> SHA-256\(01 ‖ (\w+)/.exec(line) ?? [];
        expect(parity).toBe(Number(position) % 2 === 0 ? 'even' : 'odd');
        expect(first).toBe(parity === 'even' ? 'ours' : 'sibling');
      }
    }
  });

  it('says where a node has no sibling, and only there', async () => {
    const count = async (index: number) =>
      (await explain(LOG.proof(index))).filter((line) => line.includes('no sibling')).length;
    expect(await count(6)).toBe(1);
    expect(await count(5)).toBe(0);
    const single = await explain(makeLog(1, [{}]).proof(0));
    expect(single.join()).not.toMatch(/SHA-256\(01|no sibling/);
  });

  it('prints the signed bytes, the signature and the key in full', async () => {
    const text = (await explain(LOG.proof(2))).join('').replace(/ /g, '');
    const head = LOG.head(7);
    for (const member of ['root_hash', 'signature', 'public_key'] as const) {
      expect(text).toContain(String(head[member]));
    }
  });

  it('keeps the five lines in front, and says what is proven and what is not', async () => {
    const lines = await explain(LOG.proof(2));
    expect(lines.slice(0, 6)).toEqual([
      '✓ Proof verified successfully!',
      '  Webhook delivered to https://example.com/webhook',
      '  Timestamp: 2024-01-15T10:30:45Z',
      '  HTTP status: 200',
      '  Cryptographically signed by Kapsel',
      '',
    ]);
    expect(lines.some((line) => line.startsWith('  Proves: '))).toBe(true);
    expect(lines.some((line) => line.startsWith('  Does not prove: '))).toBe(true);
  });

  it('marks the step that failed, and proves nothing then', async () => {
    const proof = LOG.proof(2);
    proof.signed_tree_head.signature = '11'.repeat(64);
    const lines = await explain(proof);
    const failed = lines.filter((line) => line.includes('FAILED'));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/^4 signature .* FAILED {2}\[E_STH_SIGNATURE\]$/);
    expect(lines.some((line) => line.startsWith('  Proves: '))).toBe(false);
    expect(lines.join()).not.toContain('--explain');
  });

  it('shows both hashes of another leaf', async () => {
    const proof = LOG.proof(2);
    const stated = proof.leaf_hash;
    proof.leaf_data = proof.leaf_data.replace('"attempt_number":1', '"attempt_number":2');
    const lines = await explain(proof);
    const computed = sha256(Buffer.of(0), Buffer.from(proof.leaf_data));
    expect(lines.join('\n')).toContain(`= ${computed}\n             ≠ ${stated}`);
    expect(lines.join('\n')).not.toContain('equals leaf_hash');
  });

  it('says how the key was reached where it was not pinned itself', async () => {
    const { text, publicKey } = readFixturePackage('valid-key-chain-logged.json');
    const now = new Date(FIXTURES_NOW_MS).toISOString();
    const words = ['-', '--explain', '--now', now, '--public-key', publicKey];
    const { code, stdout } = await runInside(words, { stdin: text });
    expect(code).toBe(0);
    expect(stdout).toMatch(/key +reached from a pinned key by 3 key statements, logged +ok/);
    expect(stdout).not.toContain('the signing key is one you pinned');
  });

  it('has no step for what could not be read', async () => {
    const words = ['-', '--explain', '--public-key', LOG.publicKeyHex];
    const { code, stdout } = await runInside(words, { stdin: '{}' });
    expect(code).toBe(3);
    expect(stdout).not.toMatch(/^1 leaf/m);
  });

  it('stands under the line of each of several proofs', async () => {
    const words = ['-', 'absent', '--explain', '--public-key', LOG.publicKeyHex];
    const { stdout } = await runInside(words, { stdin: JSON.stringify(LOG.proof(1)) });
    expect(stdout).toMatch(/^✓ stdin .*\n\n1 leaf [\s\S]*\n# absent /);
  });
});
