/** The built program as a process: streams, signals, own mistakes, and no socket. @module */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { part } from '../../test/support/parts.ts';
import { makeLog } from './support/make-proof.ts';
import { MAIN, makeFolder, plainEnv, runCli, runProcess, writeContent } from './support/run-cli.ts';
import { SOCKET_TRAP } from './support/socket-trap.ts';

const LOG = makeLog(1, [{}, {}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];
const FIVE_LINES = `✓ Proof verified successfully!
  Webhook delivered to https://example.com/webhook
  Timestamp: 2024-01-15T10:30:45Z
  HTTP status: 200
  Cryptographically signed by Kapsel
`;
const isWindows = process.platform === 'win32';

describe('kapsel-verify as a process', () => {
  it('prints the five lines of a delivered proof, byte for byte, and nothing else', async () => {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    const words = ['--proof', 'proof.json', ...KEY];
    expect(await runCli(words, { cwd: folder })).toEqual({
      code: 0,
      stdout: FIVE_LINES,
      stderr: '',
    });
  });

  it('reads standard input for a dash', async () => {
    const stdin = JSON.stringify(LOG.proof(1));
    expect(await runCli(['-', ...KEY], { stdin })).toEqual({
      code: 0,
      stdout: FIVE_LINES,
      stderr: '',
    });
  });

  it('refuses an empty and a closed standard input alike', async () => {
    const empty = await runCli(['-', ...KEY]);
    expect(empty.code).toBe(3);
    expect(empty.stdout).toContain('[E_JSON]');
    if (isWindows) return;
    const script = '"$0" "$@" <&-';
    const closed = await runProcess('/bin/sh', ['-c', script, process.execPath, MAIN, '-', ...KEY]);
    expect(closed).toEqual(empty);
  });

  it.skipIf(isWindows)('reads a pipe that is named like a file', async () => {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    const script = 'mkfifo pipe && { cat proof.json > pipe & } && "$0" "$@" pipe';
    const words = ['-c', script, process.execPath, MAIN, ...KEY];
    expect(await runProcess('/bin/sh', words, { cwd: folder })).toMatchObject({
      code: 0,
      stdout: FIVE_LINES,
    });
  });

  it('ends quietly when the reader of stdout goes away', async () => {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    const files = Array.from({ length: 400 }, () => 'proof.json');
    const child = spawn(process.execPath, [MAIN, ...KEY, ...files], {
      cwd: folder,
      env: plainEnv(),
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.skipIf(process.platform !== 'linux')('tells a full disk and does not end with 0', async () => {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    const script = '"$0" "$@" > /dev/full';
    const words = ['-c', script, process.execPath, MAIN, 'proof.json', ...KEY];
    const { code, stderr } = await runProcess('/bin/sh', words, { cwd: folder });
    expect(code).toBe(6);
    expect(stderr).toContain('[E_IO]');
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it.skipIf(isWindows)('says how far it came when it is interrupted', async () => {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    const child = spawn(process.execPath, [MAIN, 'proof.json', '-', 'proof.json', ...KEY], {
      cwd: folder,
      env: plainEnv(),
    });
    let stdout = '';
    // The first line is out, so the program waits for standard input, which never comes.
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout === '') child.kill('SIGINT');
      stdout += chunk.toString('utf8');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(stdout.split('\n')[1]).toMatch(
      /^Interrupted, incomplete: checked 1 proof from \d inputs? in .*: 1 verified/,
    );
  });

  it.skipIf(isWindows)('can be interrupted at a pipe that nobody writes to', async () => {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    await runProcess('mkfifo', ['pipe'], { cwd: folder });
    const script = '"$0" "$@"; echo "ended with $?"';
    const words = ['-c', script, process.execPath, MAIN, 'proof.json', 'pipe', ...KEY];
    // A group of its own, so that the signal reaches the program as Ctrl-C does; the shell itself stays.
    const child = spawn('/bin/sh', ['-c', `trap : INT; ${script}`, ...words.slice(2)], {
      cwd: folder,
      env: plainEnv(),
      detached: true,
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout === '') process.kill(-(child.pid ?? 0), 'SIGINT');
      stdout += chunk.toString('utf8');
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(stdout).toContain('checked 1 proof ');
    expect(stdout).toContain('ended with 130');
  });

  it('meets its own mistakes with 70: no stack trace, no key, no verdict', async () => {
    const breaking = `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.promises.open = async () => { throw new TypeError('secret at /home/someone'); };
      syncBuiltinESMExports();`;
    const folder = makeFolder({ 'break.mjs': breaking, 'proof.json': LOG.proof(0) });
    const { code, stdout, stderr } = await runCli(['-v', 'proof.json', ...KEY], {
      cwd: folder,
      nodeOptions: ['--import', './break.mjs'],
    });
    expect(code).toBe(70);
    expect(stdout).toBe('');
    expect(stderr).toContain('[E_INTERNAL]');
    expect(stderr).toContain('kapsel-verify -v (…) --public-key (…)');
    expect(stderr).not.toMatch(/^\s+at |secret|proof\.json/m);
    expect(stderr).not.toContain(LOG.publicKeyHex);
  });

  it.skipIf(!part('namespace'))('does all that without any network interface', async () => {
    const many = `${JSON.stringify(LOG.proof(0))}\n`.repeat(2_200);
    const folder = makeFolder({ 'a.json': LOG.proof(0), 'many.ndjson': many });
    const words = ['--net', '--', process.execPath, MAIN, '.', '--junit', 'j.xml', ...KEY];
    const run = await runProcess('unshare', words, { cwd: folder });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('2201 verified');
  });

  it('opens no socket and asks no name server, whatever it does', async () => {
    const bad = { ...LOG.proof(1), leaf_hash: '00'.repeat(32) };
    const folder = makeFolder({ 'throw.mjs': SOCKET_TRAP, 'a.json': LOG.proof(0), 'b.json': bad });
    const nodeOptions = ['--import', './throw.mjs'];
    const words = ['-v', '--explain', 'a.json', 'b.json', 'absent.json', ...KEY];
    const run = await runCli(words, { cwd: folder, nodeOptions });
    expect(run.code).toBe(1);
    expect(() => openSync(join(folder, 'attempt'), 'r')).toThrow('ENOENT');
    // Nor do folders, archives over a pipe, reports, and threads: those of a large run load the trap too.
    const many = `${JSON.stringify(LOG.proof(0))}\n`.repeat(2_200);
    writeContent(join(folder, 'many.ndjson'), many);
    const all = ['.', '--json', '--report', 'r.html', '--require', 'status=2xx', ...KEY];
    expect((await runCli(all, { cwd: folder, nodeOptions })).code).toBe(1);
    for (const more of [
      ['selftest'],
      ['inspect', 'a.json'],
      ['keys', 'list', '--trust', 't'],
      ['help', 'man'],
    ]) {
      expect((await runCli(more, { cwd: folder, nodeOptions })).code).toBe(0);
    }
    expect(() => openSync(join(folder, 'attempt'), 'r')).toThrow('ENOENT');
    // The trap itself works.
    await runCli(words, { cwd: folder, nodeOptions, env: { TRY: '1' } });
    expect(() => openSync(join(folder, 'attempt'), 'r')).not.toThrow();
  });
});

describe.skipIf(!part('pty'))('kapsel-verify on a terminal', () => {
  const GREEN = '\u001b[32m';

  async function firstLine(env: Readonly<Record<string, string>>): Promise<string> {
    const folder = makeFolder({ 'proof.json': LOG.proof(0) });
    const command = `"${process.execPath}" "${MAIN}" proof.json ${KEY.join(' ')}`;
    const run = await runProcess('script', ['-qec', command, '/dev/null'], { cwd: folder, env });
    return run.stdout.split('\n')[0] ?? '';
  }

  it.each([
    ['colours a plain terminal', {}, true],
    ['obeys NO_COLOR', { NO_COLOR: '1' }, false],
    ['ignores an empty NO_COLOR', { NO_COLOR: '' }, true],
    ['obeys FORCE_COLOR=0', { FORCE_COLOR: '0' }, false],
    ['obeys TERM=dumb', { TERM: 'dumb' }, false],
    ['colours also under CI', { CI: 'true' }, true],
  ])('%s', async (_what, env, isColoured) => {
    const line = await firstLine(env as Record<string, string>);
    expect(line.includes(GREEN)).toBe(isColoured);
    expect(line).toContain('✓ Proof verified successfully!');
  });
});

describe('kapsel-verify in a pipe', () => {
  it.each([
    ['has no colour under CI', { CI: 'true' }, [], false],
    ['has colour when FORCE_COLOR wants it', { FORCE_COLOR: '1' }, [], true],
    ['has none when the flag forbids it', { FORCE_COLOR: '1' }, ['--color=never'], false],
    ['has none with --no-color', { FORCE_COLOR: '1' }, ['--no-color'], false],
    ['has colour when the flag wants it', { NO_COLOR: '1' }, ['--color=always'], true],
  ])('%s', async (_what, env, flags, isColoured) => {
    const stdin = JSON.stringify(LOG.proof(0));
    const run = await runCli(['-', ...KEY, ...flags], {
      stdin,
      env: env as Record<string, string>,
    });
    expect(run.stdout.includes('\u001b[')).toBe(isColoured);
    expect(run.stdout).toContain('✓ Proof verified successfully!');
  });
});
