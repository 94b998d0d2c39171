/** Two tree heads: consistent, contradicting, undecided, unreadable, and their exit codes. @module */
import { describe, expect, it } from 'vitest';
import { runInside } from '../support/fake-host.ts';
import { HEAD_TIME_MS, makeLog } from '../support/make-proof.ts';
import { makeFolder, runCli } from '../support/run-cli.ts';

const LEAVES = [{}, {}, {}, {}, {}, {}, {}];
const LOG = makeLog(1, LEAVES);
const KEY = ['--public-key', LOG.publicKeyHex];

interface Case {
  readonly old: unknown;
  readonly new: unknown;
  readonly proof?: unknown;
}

async function compare({ old, new: newer, proof }: Case, ...more: string[]) {
  const folder = makeFolder({ old, new: newer, ...(proof === undefined ? {} : { proof }) });
  const flags = proof === undefined ? [] : ['--proof', `${folder}/proof`];
  return runInside(['consistency', `${folder}/old`, `${folder}/new`, ...flags, ...KEY, ...more], {
    nowMs: HEAD_TIME_MS + 60_000,
  });
}

const GOOD: Case = {
  old: LOG.head(3, HEAD_TIME_MS - 1000),
  new: LOG.head(7),
  proof: LOG.consistency(3, 7),
};

describe('kapsel-verify consistency', () => {
  it('ends with 0 and a tick for a tree that grew, through the real process', async () => {
    const folder = makeFolder({ old: GOOD.old, new: GOOD.new, proof: GOOD.proof });
    const words = ['consistency', 'old', 'new', '--proof', 'proof', ...KEY];
    const run = await runCli(words, { cwd: folder });
    expect(run.code).toBe(0);
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/^✓ .*\n {2}old {2}size 3 .*\n {2}new {2}size 7 /);
    expect(run.stdout).not.toContain('verified successfully');
  });

  it('reads a head out of a proof package', async () => {
    const run = await compare({ ...GOOD, new: LOG.proof(5) });
    expect(run.code).toBe(0);
  });

  it('needs no proof for two heads of one tree', async () => {
    const run = await compare({ old: LOG.head(7), new: LOG.head(7, HEAD_TIME_MS + 1) });
    expect(run.code).toBe(0);
  });

  it('does not decide without a proof when the sizes differ: 5, and no tick', async () => {
    const run = await compare({ old: GOOD.old, new: GOOD.new });
    expect(run.code).toBe(5);
    expect(run.stdout).toMatch(/^~ /);
    expect(run.stdout).not.toContain('✓');
  });

  it.each<[string, Case, number, string]>([
    [
      'another tree of the same size',
      { old: makeLog(1, [{ attempt_number: 2 }, ...LEAVES.slice(1)]).head(7), new: LOG.head(7) },
      1,
      'E_SPLIT_VIEW',
    ],
    [
      'a smaller tree with the later time',
      { old: LOG.head(7), new: LOG.head(3, HEAD_TIME_MS + 1) },
      1,
      'E_ROLLBACK',
    ],
    [
      'an old leaf that was changed',
      {
        ...GOOD,
        old: makeLog(1, [{ attempt_number: 2 }, {}, {}]).head(3, HEAD_TIME_MS - 1000),
        proof: {
          ...LOG.consistency(3, 7),
          old_root: makeLog(1, [{ attempt_number: 2 }, {}, {}]).head(3).root_hash,
        },
      },
      1,
      'E_CONSISTENCY',
    ],
    [
      'a head with a broken signature',
      { ...GOOD, new: { ...LOG.head(7), signature: '00'.repeat(64) } },
      1,
      'E_STH_SIGNATURE',
    ],
    ['a proof of other heads', { ...GOOD, proof: LOG.consistency(2, 7) }, 1, 'E_HEAD_MISMATCH'],
    [
      'a key that is not pinned',
      { old: makeLog(2, LEAVES).head(7), new: makeLog(2, LEAVES).head(7) },
      4,
      'E_KEY_UNKNOWN',
    ],
    ['a head that is no JSON', { ...GOOD, old: 'no head' }, 3, 'E_JSON'],
    ['a proof that is a head', { ...GOOD, proof: LOG.head(7) }, 3, 'E_FIELD'],
    ['a proof that is binary', { ...GOOD, proof: Buffer.alloc(64, 0xff) }, 3, 'E_JSON'],
  ])('refuses %s', async (_what, files, exitCode, code) => {
    const run = await compare(files);
    expect(run.code).toBe(exitCode);
    expect(run.stdout).toContain(`[${code}]`);
    expect(run.stdout).not.toContain('✓');
  });

  it('ends with 6 when a file is absent and with 3 when one is too large', async () => {
    const folder = makeFolder({ head: LOG.head(7), large: Buffer.alloc(2 ** 21, 0x20) });
    const absent = await runInside(['consistency', `${folder}/head`, `${folder}/absent`, ...KEY]);
    expect(absent.code).toBe(6);
    expect(absent.stderr).toContain('[E_IO]');
    const large = await runInside(['consistency', `${folder}/head`, `${folder}/large`, ...KEY]);
    expect(large.code).toBe(3);
    expect(large.stderr).toContain('[E_TOO_LARGE]');
  });

  it('obeys -q, -s, -v and --ascii', async () => {
    expect(await compare(GOOD, '-q')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await compare(GOOD, '-s')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await compare(GOOD, '-v')).stdout).toContain(String(LOG.head(7).root_hash));
    expect((await compare(GOOD, '--ascii')).stdout).toMatch(/^\+ [\n\x20-\x7e]*$/);
  });

  it('shows nothing of a file raw', async () => {
    const run = await compare({ ...GOOD, old: { ...LOG.head(3), 'a\u001b]0;b\u0007': 1 } });
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/^[\n\x20-\u007e\u00a1-\uffff]*$/);
  });

  it('ends with 130 when it was interrupted', async () => {
    const run = await runInside(['consistency', 'a', 'b', ...KEY], { stopped: 'interrupted' });
    expect(run).toMatchObject({ code: 130, stdout: '' });
  });
});
