/** The walkthrough of docs/legal.md is run as it stands, and the known answer of the anchor chapter is one. @module */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attestedMessages, hexFromBytes, parseOtsProof } from '@kapsel/verification';
import { afterAll, describe, expect, it } from 'vitest';
import { part } from './support/parts.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIXTURES = join(ROOT, 'fixtures', 'ots');
const LEGAL = readFileSync(join(ROOT, 'docs', 'legal.md'), 'utf8');
const FORMAT = readFileSync(join(ROOT, 'docs', 'proof-format.md'), 'utf8');
const blocks = [...LEGAL.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');

const folder = mkdtempSync(join(tmpdir(), 'kapsel-legal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one block of the page where the exhibits are; the lines that it prints. */
function run(block: string | undefined, at = FIXTURES): string[] {
  const done = spawnSync('sh', ['-c', block ?? 'exit 9'], {
    cwd: at,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
  return done.stdout.trim().split('\n');
}

describe.skipIf(!part('openssl'))('the walkthrough', () => {
  it('has four steps with commands', () => {
    expect(blocks).toHaveLength(4);
  });

  it('prints what the page says it prints', () => {
    const [inFile, inProof] = run(blocks[0]);
    expect(inFile).toBe(inProof);
    expect(LEGAL).toContain(`Both print \`${inFile}\``);
    const [root, attestation] = run(blocks[1]);
    expect(LEGAL).toContain(`\`${root}\``);
    expect(attestation).toBe('0588960d73d7190103f7ef15');
    expect(0x77 + 128 * 0x6f + 16_384 * 0x15).toBe(358_391);
    expect(run(blocks[2])).toEqual([root]);
    const [hash = ''] = run(blocks[3]);
    const shown = Buffer.from(hash, 'hex').reverse().toString('hex');
    expect(LEGAL).toContain(`\`${shown}\``);
    expect(LEGAL).toContain(`\`${hash}\``);
  });

  it('tells a changed exhibit from the true one', () => {
    const text = readFileSync(join(FIXTURES, 'hello-world.txt'), 'utf8');
    writeFileSync(join(folder, 'hello-world.txt'), text.replace('Hello', 'Hallo'));
    const proof = readFileSync(join(FIXTURES, 'hello-world.txt.ots'));
    writeFileSync(join(folder, 'hello-world.txt.ots'), proof);
    const [inFile, inProof] = run(blocks[0], folder);
    expect(inFile).not.toBe(inProof);
    const other = Buffer.from(proof);
    other[300] = (other[300] ?? 0) ^ 1;
    writeFileSync(join(folder, 'hello-world.txt.ots'), other);
    expect(run(blocks[1], folder)[0]).not.toBe(run(blocks[2])[0]);
  });
});

describe('the page', () => {
  it('promises no more than it can keep', () => {
    expect(LEGAL).not.toMatch(/legally binding|court-proof|irrefutable|tamper-proof/i);
    expect(LEGAL).toMatch(/not legal advice/);
  });
});

describe('the anchor chapter', () => {
  it('has a known answer that is one', () => {
    const [, file = '', message] =
      /`(004f70656e[0-9a-f]+)`;\nthe message at both ends is `([0-9a-f]{64})`/.exec(FORMAT) ?? [];
    const found = attestedMessages(parseOtsProof(Buffer.from(file, 'hex')).timestamp);
    expect(found.map((each) => hexFromBytes(each.message))).toEqual([message, message]);
    expect(found.map(({ attestation }) => attestation)).toEqual([
      { kind: 'bitcoin', height: 300 },
      { kind: 'pending', uri: 'https://cal.example' },
    ]);
  });
});
