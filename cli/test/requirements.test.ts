/** What the user requires beyond a good proof: rules, body, witnesses. @module */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseByteSize, parseCount } from '../src/byte-size.ts';
import { parseDuration } from '../src/duration.ts';
import { parseRule } from '../src/requirements.ts';
import { runInside } from './support/fake-host.ts';
import { makeLog } from './support/make-proof.ts';
import { makeFolder } from './support/run-cli.ts';

const BODY = 'a body of 17 byte';
const HASH = createHash('sha256').update(BODY).digest('hex');
const LOG = makeLog(1, [{ payload_hash: HASH }, {}]);
const STDIN = JSON.stringify(LOG.proof(0));

async function check(...words: string[]) {
  const run = await runInside(['-', '--public-key', LOG.publicKeyHex, ...words], { stdin: STDIN });
  const code = /\[(E_[A-Z_]+)\]/.exec(run.stdout + run.stderr)?.[1] ?? 'none';
  return `${run.code} ${code}`;
}

describe('--require', () => {
  it.each([
    [['level=A'], '0 none'],
    [['level=B'], '4 E_POLICY'],
    [['level=C'], '4 E_POLICY'],
    [['status=2xx'], '0 none'],
    [['status=200'], '0 none'],
    [['status=3xx'], '4 E_POLICY'],
    [['outcome=delivered'], '0 none'],
    [['outcome=failed'], '4 E_POLICY'],
    [['endpoint=https://example.com/webhook'], '0 none'],
    [['endpoint=https://example.com/webhoo'], '4 E_POLICY'],
    [['max-age=2m'], '0 none'],
    [['max-age=1m'], '4 E_POLICY'],
    [['status=2xx', 'outcome=failed'], '4 E_POLICY'],
    [['payload'], '2 E_USAGE'],
    [['witnesses=1'], '2 E_USAGE'],
  ])('%j ends with %s', async (rules, wanted) => {
    expect(await check(...rules.flatMap((rule) => ['--require', rule]))).toBe(wanted);
  });

  it.each(['', 'level', 'level=D', 'status=6xx', 'status=2x', 'max-age=1', 'witnesses=0', 'x=1'])(
    'refuses the rule %j',
    (rule) => {
      expect(() => parseRule(rule)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    },
  );

  it('never makes a bad proof better', async () => {
    const bad = LOG.proof(0);
    bad.inclusion_proof.proof_hashes[0] = '00'.repeat(32);
    const words = ['-', '--public-key', LOG.publicKeyHex, '--require', 'status=2xx'];
    expect((await runInside(words, { stdin: JSON.stringify(bad) })).code).toBe(1);
    const other = makeLog(2, [{}]).proof(0);
    expect((await runInside(words, { stdin: JSON.stringify(other) })).code).toBe(4);
  });

  it('leaves a level open that this version does not decide: 5, and no tick', async () => {
    const stdin = JSON.stringify({ ...LOG.proof(0), receipt: { receipt_data: '{}' } });
    const words = ['-', '--public-key', LOG.publicKeyHex, '--require', 'level=B'];
    const run = await runInside(words, { stdin });
    expect(run.code).toBe(5);
    expect(run.stdout).toContain('not checked by this version');
    expect(run.stdout).not.toMatch(/✓|Level/);
  });
});

describe('--payload', () => {
  it('compares the body with the hash in the leaf', async () => {
    const folder = makeFolder({ body: BODY, other: `${BODY}\n` });
    expect(await check('--payload', join(folder, 'body'))).toBe('0 none');
    expect(await check('--payload', join(folder, 'body'), '--require', 'payload')).toBe('0 none');
    expect(await check('--payload', join(folder, 'other'))).toBe('1 E_PAYLOAD_HASH');
    expect(await check('--payload', join(folder, 'absent'))).toBe('6 E_IO');
    expect(await check('--payload-hash', HASH)).toBe('0 none');
    expect(await check('--payload-hash', 'aa'.repeat(32))).toBe('1 E_PAYLOAD_HASH');
    expect(await check('--payload-hash', HASH.toUpperCase())).toBe('2 E_USAGE');
    expect(await check('--payload-hash', HASH, '--payload', 'x')).toBe('2 E_USAGE');
  });
});

describe('--require witnesses', () => {
  it('counts the witnesses of the trust file', async () => {
    const witness = makeLog(7, [{}]);
    const trust = {
      format: 'kapsel.trust/v1',
      keys: [
        { name: 'log', kind: 'log', public_key: LOG.publicKeyHex },
        { name: 'witness.example/w', kind: 'witness', public_key: witness.publicKeyHex },
      ],
    };
    const file = join(makeFolder({ 'trust.json': trust }), 'trust.json');
    const words = ['-', '--trust', file, '--require', 'witnesses=1'];
    const run = await runInside(words, { stdin: STDIN });
    expect(run.code).toBe(4);
    expect(run.stdout).toContain('[E_POLICY]');
  });
});

it('reads sizes, counts and lengths of time strictly', () => {
  expect(['1', '2B', '3KiB', '4MiB', '5GiB'].map((text) => parseByteSize(text, '-'))).toEqual([
    1,
    2,
    3 * 1024,
    4 * 1024 ** 2,
    5 * 1024 ** 3,
  ]);
  for (const text of ['', '0', '-1', '1 KiB', '1kb', '1e3', '99999999999999999']) {
    expect(() => parseByteSize(text, '-')).toThrow();
  }
  expect(parseCount('7', '-')).toBe(7);
  for (const text of ['0', '1.5', 'x', '']) expect(() => parseCount(text, '-')).toThrow();
  expect(['1s', '2m', '3h', '4d', '0s', '1', 'd'].map(parseDuration)).toEqual([
    1_000,
    120_000,
    10_800_000,
    345_600_000,
    null,
    null,
    null,
  ]);
});
