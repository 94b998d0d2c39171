/** The trust file: what is in it, which source of keys counts, and `keys`, which changes it. @module */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTrustFile } from '../src/trust-file.ts';
import { runInside } from './support/fake-host.ts';
import { HEAD_TIME_MS, makeLog } from './support/make-proof.ts';
import { makeFolder } from './support/run-cli.ts';

const LOG = makeLog(1, [{}]);
const OTHER = makeLog(2, [{}]);
const PRIVATE_BODY = LOG.privateKeyPem.split('\n')[1] ?? '';
const STDIN = JSON.stringify(LOG.proof(0));

function trust(more: Record<string, unknown> = {}, log = LOG) {
  const key = { name: 'acme-prod', kind: 'log', public_key: log.publicKeyHex, ...more };
  return { format: 'kapsel.trust/v1', keys: [key] };
}

async function check(content: unknown, words: readonly string[] = [], env = {}) {
  const file = join(makeFolder({ 'trust.json': content }), 'trust.json');
  const run = await runInside(['-', '--trust', file, ...words], { stdin: STDIN, env });
  const code = /\[(E_[A-Z_]+)\]/.exec(run.stdout + run.stderr)?.[1] ?? 'none';
  return { ...run, short: `${run.code} ${code}` };
}

describe('a key of the trust file', () => {
  it('verifies, and the verdict names it with its fingerprint', async () => {
    const run = await check(trust());
    expect(run.short).toBe('0 none');
    expect(run.stdout.split('\n')[4]).toMatch(
      /^ {2}Cryptographically signed by acme-prod \(key [0-9a-f]{4}( [0-9a-f]{4}){3}\)$/,
    );
  });

  it.each([
    [{ log: LOG.origin }, '0 none'],
    [{ log: 'another.example/log' }, '4 E_KEY_UNKNOWN'],
    [{ until: new Date(HEAD_TIME_MS + 1).toISOString() }, '0 none'],
    [{ until: new Date(HEAD_TIME_MS).toISOString() }, '4 E_KEY_WINDOW'],
    [{ from: new Date(HEAD_TIME_MS + 1).toISOString() }, '4 E_KEY_WINDOW'],
    [{ kind: 'witness' }, '2 E_NO_KEY'],
    [{ kind: 'receipt' }, '2 E_NO_KEY'],
    [{ kind: 'other' }, '2 E_KEY_FORMAT'],
    [{ public_key: 'x' }, '2 E_KEY_FORMAT'],
    [{ public_key: LOG.privateKeyPem }, '2 E_KEY_PRIVATE'],
    [{ name: '' }, '2 E_KEY_FORMAT'],
    [{ name: 'a\u202eb' }, '2 E_KEY_FORMAT'],
    [{ from: 'yesterday' }, '2 E_KEY_FORMAT'],
    [{ from: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' }, '2 E_KEY_FORMAT'],
    [{ surprise: 1 }, '2 E_KEY_FORMAT'],
  ])('with %j ends with %s', async (more, wanted) => {
    const run = await check(trust(more));
    expect(run.short).toBe(wanted);
    expect(run.stdout + run.stderr).not.toContain(PRIVATE_BODY);
  });

  it.each([
    ['{', '2 E_KEY_FORMAT'],
    [{ format: 'kapsel.trust/v2', keys: [] }, '2 E_KEY_FORMAT'],
    [{ ...trust(), more: 1 }, '2 E_KEY_FORMAT'],
    [{ format: 'kapsel.trust/v1', keys: [] }, '2 E_NO_KEY'],
    [{ format: 'kapsel.trust/v1', keys: [...trust().keys, ...trust().keys] }, '2 E_KEY_FORMAT'],
  ])('in %j ends with %s', async (content, wanted) => {
    expect((await check(content)).short).toBe(wanted);
  });

  it('is not quoted when the file is a private key', () => {
    expect(() => parseTrustFile(LOG.privateKeyPem, 'file')).toThrow(/is no JSON$/);
  });
});

describe('the source of keys', () => {
  const folder = () => makeFolder({ 'right.json': trust(), 'wrong.json': trust({}, OTHER) });

  it('is the options, else KAPSEL_TRUST, else the own file, and only the first', async () => {
    const at = folder();
    const config = join(at, 'config');
    const env = { KAPSEL_TRUST: join(at, 'right.json') };
    expect((await runInside(['-'], { stdin: STDIN, env })).code).toBe(0);
    const flag = ['-', '--public-key', OTHER.publicKeyHex];
    expect((await runInside(flag, { stdin: STDIN, env })).code).toBe(4);
    const added = await runInside(['keys', 'add', 'acme', LOG.publicKeyHex], {
      env: { XDG_CONFIG_HOME: config },
    });
    expect(added.code).toBe(0);
    expect((await runInside(['-'], { stdin: STDIN, env: { XDG_CONFIG_HOME: config } })).code).toBe(
      0,
    );
    const named = { XDG_CONFIG_HOME: config, KAPSEL_TRUST: join(at, 'wrong.json') };
    expect((await runInside(['-'], { stdin: STDIN, env: named })).code).toBe(4);
    const gone = { XDG_CONFIG_HOME: config, KAPSEL_TRUST: join(at, 'gone.json') };
    expect((await runInside(['-'], { stdin: STDIN, env: gone })).code).toBe(6);
  });

  it('is named by -v', async () => {
    const file = join(folder(), 'right.json');
    const run = await runInside(['-', '-v', '--trust', file], { stdin: STDIN });
    expect(run.stdout).toContain(`acme-prod, pinned by the trust file ${file}`);
  });
});

describe('keys', () => {
  it('adds, lists, shows and removes', async () => {
    const file = join(makeFolder(), 'deep', 'trust.json');
    const keys = (...words: string[]) => runInside(['keys', ...words, '--trust', file]);
    expect((await keys('list')).stdout).toContain('no keys');
    const window = ['--from', '2024-01-01T00:00:00Z', '--until', '2025-01-01T00:00:00Z'];
    expect((await keys('add', 'acme', LOG.publicKeyHex, '--log', LOG.origin, ...window)).code).toBe(
      0,
    );
    expect((await keys('add', 'dest', OTHER.publicKeyHex, '--kind', 'receipt')).code).toBe(0);
    expect((await keys('add', 'acme', OTHER.publicKeyHex)).code).toBe(2);
    expect((await keys('list')).stdout.split('\n')).toHaveLength(3);
    expect((await keys('show', 'acme')).stdout).toContain(LOG.publicKeyHex);
    expect(JSON.parse(readFileSync(file, 'utf8')).keys[0]).toEqual({
      name: 'acme',
      kind: 'log',
      public_key: LOG.publicKeyHex,
      log: LOG.origin,
      from: '2024-01-01T00:00:00.000Z',
      until: '2025-01-01T00:00:00.000Z',
    });
    expect((await keys('remove', 'acme')).code).toBe(0);
    expect((await keys('show', 'acme')).code).toBe(2);
  });

  it('refuses a private key, a wrong number of words, and a damaged file', async () => {
    const file = join(makeFolder({ 'trust.json': '{' }), 'trust.json');
    const run = await runInside(['keys', 'list', '--trust', file]);
    expect(run.code).toBe(2);
    const fresh = join(makeFolder(), 'trust.json');
    const added = await runInside(['keys', 'add', 'x', PRIVATE_BODY, '--trust', fresh]);
    expect(added.code).toBe(2);
    expect(added.stderr).toContain('[E_KEY_PRIVATE]');
    for (const words of [['add', 'x'], ['show'], ['list', 'x'], ['turn']]) {
      expect((await runInside(['keys', ...words, '--trust', fresh])).code).toBe(2);
    }
  });
});
