/** Command lines: options, traps, help, and usage errors with exit code 2. @module */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInside } from './support/fake-host.ts';
import { makeLog } from './support/make-proof.ts';
import { makeFolder, runCli } from './support/run-cli.ts';

const LOG = makeLog(1, [{}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];
const PRIVATE_BODY = LOG.privateKeyPem.split('\n')[1] ?? '';
const STDIN = { stdin: JSON.stringify(LOG.proof(0)) };

describe('usage errors', () => {
  it.each([
    ['an unknown option', ['--frobnicate', '-', ...KEY], 'E_USAGE'],
    ['an option without its value', ['-', '--public-key'], 'E_USAGE'],
    ['an option where a value belongs', ['--public-key', '--proof', '-'], 'E_USAGE'],
    ['a colour choice that does not exist', ['-', '--color=red', ...KEY], 'E_USAGE'],
    ['a form of --explain that does not exist', ['-', '--explain=xml', ...KEY], 'E_USAGE'],
    ['a time that is none', ['-', '--now=today', ...KEY], 'E_USAGE'],
    ['a day that does not exist', ['-', '--now=2024-02-30T00:00:00Z', ...KEY], 'E_USAGE'],
    ['standard input twice', ['-', '-', ...KEY], 'E_USAGE'],
    ['standard input as proof and key', ['-', '--public-key', '@-'], 'E_USAGE'],
    ['an unknown topic of help', ['help', 'everything'], 'E_USAGE'],
    ['consistency with one head', ['consistency', '-', ...KEY], 'E_USAGE'],
    ['no key', ['-'], 'E_NO_KEY'],
    ['no key for consistency', ['consistency', 'old.json', 'new.json'], 'E_NO_KEY'],
    ['a key that is none', ['-', '--public-key', 'abc'], 'E_KEY_FORMAT'],
    ['a key of another kind', ['-', '--public-key', '00'.repeat(32)], 'E_KEY_FORMAT'],
    ['a private key', ['-', '--public-key', LOG.privateKeyPem], 'E_KEY_PRIVATE'],
  ])('end %s with 2, on stderr alone', async (_what, argv, code) => {
    const run = await runInside(argv, STDIN);
    expect(run.code).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr.split('\n')[0]).toContain(`[${code}]`);
  });

  it('come out of the real process with the same code', async () => {
    const run = await runCli(['--frobnicate', '-', ...KEY], STDIN);
    expect(run.code).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('[E_USAGE]');
  });

  it('ends with the help on stderr when nothing was typed', async () => {
    const run = await runInside([]);
    expect(run.code).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('Usage: kapsel-verify');
  });

  it('looks for the key before it looks at files', async () => {
    const run = await runInside(['absent.json']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('[E_NO_KEY]');
    expect(run.stderr).not.toContain('absent.json');
  });

  it('names only ways to give a key that exist', async () => {
    const { stderr } = await runInside(['-']);
    const { stdout: help } = await runInside(['--help']);
    const options = stderr.match(/--[a-z-]+/g) ?? [];
    expect(options.length).toBeGreaterThan(0);
    for (const option of options) expect(help).toContain(option);
    expect(stderr).toContain('KAPSEL_TRUST');
  });

  it('has no proof to check with a key alone: 3', async () => {
    const run = await runInside(KEY);
    expect(run.code).toBe(3);
    expect(run.stderr).toContain('[E_NO_INPUT]');
  });
});

describe('a private key', () => {
  it.each([
    ['as --public-key', ['-', '--public-key', LOG.privateKeyPem]],
    ['as base64', ['-', '--public-key', PRIVATE_BODY]],
    ['as the value of a misspelt option', ['-', `--publickey=${LOG.privateKeyPem}`]],
    ['after a misspelt option', ['-', '--publickey', PRIVATE_BODY]],
    ['as a choice', ['-', ...KEY, '--color', LOG.privateKeyPem]],
    ['as a time', ['-', ...KEY, '--now', PRIVATE_BODY]],
    ['as a file', [PRIVATE_BODY, ...KEY]],
    ['as a key file', ['-', '--public-key', `@${PRIVATE_BODY}`]],
    ['as one of several files', ['-', PRIVATE_BODY, LOG.privateKeyPem, ...KEY]],
    ['as a word of help', ['help', PRIVATE_BODY]],
    ['as a tree head', ['consistency', PRIVATE_BODY, LOG.privateKeyPem, ...KEY]],
  ])('is never echoed %s', async (_where, argv) => {
    const run = await runInside(argv, STDIN);
    expect(run.code).not.toBe(0);
    const written = run.stdout + run.stderr;
    expect(written).not.toContain(PRIVATE_BODY.slice(0, 12));
    expect(written).not.toContain(PRIVATE_BODY.slice(-12));
  });

  it('is not echoed by the real process, from the command line or a file', async () => {
    const folder = makeFolder({ 'private.pem': LOG.privateKeyPem });
    for (const key of [LOG.privateKeyPem, PRIVATE_BODY, '@private.pem']) {
      const run = await runCli(['-', '--public-key', key], { ...STDIN, cwd: folder });
      expect(run.code).toBe(2);
      expect(run.stdout).toBe('');
      expect(run.stderr).toContain('[E_KEY_PRIVATE]');
      expect(run.stderr).not.toContain(PRIVATE_BODY.slice(0, 12));
    }
  });
});

describe('words that could be commands or values', () => {
  it('opens files that are named like commands after -- and with a path', async () => {
    const folder = makeFolder({ version: LOG.proof(0), consistency: LOG.proof(1) });
    const plain = await runCli([...KEY, '--', 'version'], { cwd: folder });
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain('✓ Proof verified successfully!');
    const both = await runCli([...KEY, './version', 'consistency'], { cwd: folder });
    expect(both.code).toBe(0);
    expect(both.stdout).toContain('2 verified');
  });

  it('opens a file behind --explain', async () => {
    const file = join(makeFolder({ 'proof.json': LOG.proof(0) }), 'proof.json');
    const run = await runInside([...KEY, '--explain', file]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('1 leaf');
  });

  it('opens a file whose name begins with a dash after --', async () => {
    const folder = makeFolder({ '-v': LOG.proof(0) });
    const run = await runCli([...KEY, '--', '-v'], { cwd: folder });
    expect(run.code).toBe(0);
    expect(run.stdout).not.toContain('Level A');
  });
});

describe('help and version', () => {
  it('goes to stdout with 0', async () => {
    for (const argv of [
      ['--help'],
      ['-h'],
      ['help'],
      ['consistency', '--help'],
      ['help', 'version'],
    ]) {
      const run = await runInside(argv);
      expect(run.code, argv.join(' ')).toBe(0);
      expect(run.stderr).toBe('');
      expect(run.stdout).toContain('Usage: kapsel-verify');
    }
  });

  it('starts with name and version in both forms', async () => {
    const short = await runInside(['--version']);
    const long = await runInside(['version']);
    expect(short).toMatchObject({ code: 0, stderr: '' });
    expect(short.stdout).toMatch(/^kapsel-verify \d+\.\d+\.\d+\n$/);
    expect(long.stdout.startsWith(short.stdout)).toBe(true);
    expect(long.stdout).toContain('kapsel.proof/v1');
  });
});

describe('the options of verifying', () => {
  it('prints nothing with -s, and on no stream', async () => {
    const good = await runInside(['-', '-s', ...KEY], STDIN);
    expect(good).toEqual({ code: 0, stdout: '', stderr: '' });
    const absent = await runInside(['absent.json', '-s', ...KEY]);
    expect(absent).toEqual({ code: 6, stdout: '', stderr: '' });
  });

  it('prints with -q what is not verified', async () => {
    const good = await runInside(['-', '-q', ...KEY], STDIN);
    expect(good).toEqual({ code: 0, stdout: '', stderr: '' });
    const bad = await runInside(['-', '-q', ...KEY], { stdin: '{' });
    expect(bad.code).toBe(3);
    expect(bad.stdout).toContain('[E_JSON]');
  });

  it('takes the time of --now for the current one', async () => {
    const before = await runInside(['-', ...KEY, '--now', '2024-01-15T10:25:45Z'], STDIN);
    expect(before.code).toBe(4);
    expect(before.stdout).toContain('[E_STH_TIME]');
    const after = await runInside(['-', ...KEY, '--now', '2024-01-15T10:25:46.000Z'], STDIN);
    expect(after.code).toBe(0);
  });

  it('prints every byte below 0x80 with --ascii, whatever the file holds', async () => {
    const log = makeLog(1, [{ endpoint_url: 'https://xn--bcher-kva.example/ü😀' }, {}]);
    const stdin = JSON.stringify(log.proof(0));
    const run = await runInside(['-', '-v', '--explain', '--ascii', ...KEY], { stdin });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(run.stdout).toMatch(/^\+ Proof verified successfully!\n/);
    expect(run.stdout).toContain('\\u{fc}\\u{1f600}');
  });
});
