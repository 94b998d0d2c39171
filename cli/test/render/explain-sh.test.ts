/** The script of --explain=sh runs in real shells, says what the verifier says, and never runs a byte of the package. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bitcoinAttestation,
  encodeFile,
  follow,
  type OtsStep,
  pendingAttestation,
  sha256,
} from '../../../test/support/ots-writer.ts';
import { part } from '../../../test/support/parts.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog, type ProofJson } from '../support/make-proof.ts';
import { makeFolder, runProcess } from '../support/run-cli.ts';

const SHELLS = ['/bin/dash', '/bin/bash', '/bin/zsh', '/bin/sh'].filter((shell) =>
  existsSync(shell),
);
const HOSTILE = `https://example.com/'"$(touch ran)\`touch ran\`;%s%n\\n\\x41&|<>!#{}~*?[`;
const LOG = makeLog(1, [{}, { endpoint_url: HOSTILE }, {}]);

async function scriptOf(proof: ProofJson): Promise<{ script: string; code: number }> {
  const words = ['-', '--explain=sh', '--public-key', LOG.publicKeyHex];
  const run = await runInside(words, { stdin: JSON.stringify(proof) });
  return { script: run.stdout, code: run.code };
}

function changed(change: (proof: ProofJson) => void): ProofJson {
  const proof = LOG.proof(1);
  change(proof);
  return proof;
}

describe.skipIf(!part('openssl') || SHELLS.length === 0)('the script', () => {
  it.each(SHELLS)(
    'holds for a good proof in %s, and runs nothing of a hostile leaf',
    async (shell) => {
      const { script, code } = await scriptOf(LOG.proof(1));
      expect(code).toBe(0);
      expect(script).not.toMatch(/touch|example\.com|%n/);
      const folder = makeFolder({ 'a.sh': script });
      const run = await runProcess(shell, ['a.sh'], { cwd: folder });
      expect(run.stderr).toBe('');
      expect(run.code).toBe(0);
      expect(run.stdout.match(/^ok /gm)).toHaveLength(4);
      expect(existsSync(join(folder, 'ran'))).toBe(false);
    },
  );

  it.each<[string, ProofJson, RegExp]>([
    [
      'leaf',
      changed((proof) => {
        proof.leaf_data = proof.leaf_data.replace(':200,', ':201,');
      }),
      /^FAILED 1 leaf/m,
    ],
    [
      'path',
      changed((proof) => {
        proof.inclusion_proof.proof_hashes[0] = '00'.repeat(32);
      }),
      /^FAILED 3 root/m,
    ],
    [
      'time of the head',
      changed((proof) => {
        proof.signed_tree_head.timestamp = 1;
      }),
      /^FAILED 5 signature/m,
    ],
  ])('fails for another %s', async (_what, proof, failure) => {
    const { script, code } = await scriptOf(proof);
    expect(code).toBe(1);
    const run = await runProcess(SHELLS[0] ?? 'sh', ['a.sh'], {
      cwd: makeFolder({ 'a.sh': script }),
    });
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(failure);
  });
});

describe.skipIf(!part('openssl') || SHELLS.length === 0)('the way of an anchor', () => {
  const digest = sha256(Buffer.from(String(LOG.proof(1).signed_tree_head.checkpoint)));
  const steps: OtsStep[] = [
    ['append', Buffer.of(7)],
    ['sha256'],
    ['prepend', Buffer.from('00ff', 'hex')],
    ['sha256'],
  ];

  function anchored(proof: Buffer): ProofJson {
    const anchors = [{ type: 'opentimestamps', proof: proof.toString('base64') }];
    return Object.assign(LOG.proof(1), { anchors });
  }

  async function runScript(proof: ProofJson) {
    const { script } = await scriptOf(proof);
    return runProcess(SHELLS[0] ?? 'sh', ['a.sh'], { cwd: makeFolder({ 'a.sh': script }) });
  }

  it('is done again up to the Merkle root', async () => {
    const end = {
      attestations: [bitcoinAttestation(101), pendingAttestation('https://a.example')],
    };
    const run = await runScript(anchored(encodeFile(digest, { ways: [{ steps, end }] })));
    expect(run.code).toBe(0);
    expect(run.stdout.match(/^ok {5}6 anchor/gm)).toHaveLength(2);
    const shown = Buffer.from(follow(digest, steps)).reverse().toString('hex');
    expect(run.stdout).toContain(`Bitcoin block 101 must have it`);
    expect(run.stdout).toContain(shown);
  });

  it('fails where other bytes were stamped', async () => {
    const end = { attestations: [bitcoinAttestation(101)] };
    const run = await runScript(anchored(encodeFile(sha256(digest), { ways: [{ steps, end }] })));
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/^FAILED 6 anchor/m);
  });

  it.each([
    ['waits', encodeFile(digest, { attestations: [pendingAttestation('https://a.example')] })],
    ['cannot be read', Buffer.of(0)],
  ])('is said where it %s', async (_, file) => {
    const run = await runScript(anchored(file));
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^ {7}6 anchor: /m);
  });
});

it('is not made where there are no steps, or of several proofs', async () => {
  const key = ['--public-key', LOG.publicKeyHex];
  const none = await runInside(['-', '--explain=sh', ...key], { stdin: '{' });
  expect(none).toMatchObject({ code: 3, stdout: '' });
  const stdin = `${JSON.stringify(LOG.proof(0))}\n${JSON.stringify(LOG.proof(1))}\n`;
  const many = await runInside(['-', '--explain=sh', ...key], { stdin });
  expect(many.code).toBe(2);
});
