/** The policy file of the operator: what a server wants of it, and clear words when it is not so. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeVkey } from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import type { Log } from '../../src/logs/log.ts';
import { isWitnessed, readWitnessPolicy, WitnessPolicyError } from '../../src/witnesses/policy.ts';
import { makeSigner, START_MS } from '../support/log-bench.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kapsel-policy-'));
  path = join(folder, 'witnesses.policy');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const vkeyOf = (name: string): string => encodeVkey(name, makeSigner().publicKey, 'witness');

async function read(text: string) {
  await writeFile(path, text);
  return readWitnessPolicy(path);
}

async function refusalOf(text: string): Promise<string> {
  const error = await read(text).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(WitnessPolicyError);
  return (error as Error).message;
}

describe('readWitnessPolicy', () => {
  it('answers the witnesses with addresses that paths can follow', async () => {
    const { witnesses, policy } = await read(
      `# ours\nwitness a ${vkeyOf('a.example')} https://a.example/w1/\nwitness b ${vkeyOf('b.example')} http://127.0.0.1:8100\ngroup both all a b\nquorum both\n`,
    );
    expect(witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['a', 'https://a.example/w1'],
      ['b', 'http://127.0.0.1:8100'],
    ]);
    expect(policy.quorum).toBe('both');
  });

  it('names the file and the line of a fault', async () => {
    expect(await refusalOf('witness a nonsense https://a.example\nquorum none\n')).toContain(
      'line 1',
    );
    expect(await refusalOf('quorum none\nquorum none\n')).toContain('line 2');
    expect(await refusalOf('quorum none\n')).toContain('names no witness');
    expect(await refusalOf('')).toContain(path);
  });

  it.each([
    ['none', ''],
    ['an ftp one', 'ftp://a.example'],
    ['one with credentials', 'https://me:pw@a.example'],
    ['one with a query', 'https://a.example/?x=1'],
    ['one with a fragment', 'https://a.example/#x'],
    ['no URL at all', 'a.example'],
  ])('wants an address for each witness, not %s', async (_what, url) => {
    const message = await refusalOf(`witness anna ${vkeyOf('a.example')} ${url}\nquorum none\n`);
    expect(message).toContain('witness anna');
    expect(message).not.toContain('pw');
  });

  it('refuses more witnesses than fit under a note', async () => {
    const line = (i: number): string => `witness w${i} ${vkeyOf(`w${i}`)} https://w.example/${i}\n`;
    const lines = Array.from({ length: 65 }, (_, i) => line(i));
    expect(await refusalOf(`${lines.join('')}quorum none\n`)).toContain('64');
    expect((await read(`${lines.slice(1).join('')}quorum none\n`)).witnesses).toHaveLength(64);
  });

  it('says that a file cannot be read', async () => {
    const missing = await readWitnessPolicy(join(folder, 'none')).catch((error: unknown) => error);
    expect(missing).toMatchObject({ name: 'WitnessPolicyError', cause: { code: 'ENOENT' } });
    await writeFile(path, Uint8Array.of(0xff, 0xfe));
    await expect(readWitnessPolicy(path)).rejects.toBeInstanceOf(WitnessPolicyError);
  });
});

describe('isWitnessed', () => {
  const log = (origin: string, isPublic: boolean): Log => ({
    id: newId<'log'>(START_MS),
    tenantId: null,
    name: 'x',
    isPublic,
    origin,
  });

  it('takes the public logs when the policy names none', async () => {
    const witnessing = await read(`witness a ${vkeyOf('a')} https://a.example\nquorum none\n`);
    expect(isWitnessed(witnessing, log('log.example/a', true))).toBe(true);
    expect(isWitnessed(witnessing, log('log.example/b', false))).toBe(false);
  });

  it('takes those that the policy names, public or not', async () => {
    const vkey = encodeVkey('log.example/b', makeSigner().publicKey);
    const witnessing = await read(
      `log ${vkey}\nwitness a ${vkeyOf('a')} https://a.example\nquorum none\n`,
    );
    expect(isWitnessed(witnessing, log('log.example/a', true))).toBe(false);
    expect(isWitnessed(witnessing, log('log.example/b', false))).toBe(true);
  });
});
