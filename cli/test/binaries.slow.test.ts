/** The executables of all systems: built twice with the same bytes, the one of Linux run, those of macOS and Windows looked at. @module */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchRuntime, memberOf, TARGETS, unpackMember } from '../scripts/binaries/runtimes.mjs';
import { checkMachOSignature } from './support/mach-o-check.ts';
import { makeFolder, runProcess } from './support/run-cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/kapsel-runtimes');
const LIMIT_MS = 600_000;
// Whatever starts the program as a process.
const SUITES = [
  'commands/consistency',
  'commands/verify',
  'commands/watch',
  'conformance',
  'error-codes',
  'inputs/read-items',
  'main',
  'pinned-keys',
  'program',
  'render/json-report',
  'source',
];

const folder = mkdtempSync(join(tmpdir(), 'kapsel-binaries-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, words, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', ...env },
    timeout: LIMIT_MS,
  });
}

function build(name: string): string {
  const { status, stdout, stderr } = run([
    'cli/scripts/build-binaries.mjs',
    '--out',
    join(folder, name),
  ]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the executables', () => {
  let sums = '';
  beforeAll(() => {
    sums = build('first');
  }, LIMIT_MS);

  function binary(name: string): string {
    return join(folder, 'first', name);
  }

  it('are the same when they are built again, elsewhere', () => {
    expect(sums.split('\n')).toHaveLength(TARGETS.length + 3);
    expect(build('another folder')).toBe(sums);
    expect(readFileSync(binary('SHA256SUMS'), 'utf8')).toBe(sums);
    const checked = spawnSync('sha256sum', ['--check', 'SHA256SUMS'], {
      cwd: join(folder, 'first'),
    });
    expect(checked.status).toBe(0);
  });

  it('name no folder of the machine that built them', () => {
    for (const { name } of TARGETS) expect(readFileSync(binary(name)).includes(ROOT)).toBe(false);
  });

  describe('for Linux', () => {
    const linux = binary('kapsel-verify-linux-x64');

    it('runs where there is nothing but itself', async () => {
      const cwd = makeFolder();
      expect(await runProcess(linux, ['selftest'], { cwd, env: { PATH: '' } })).toMatchObject({
        code: 0,
        stderr: '',
      });
      const { stdout } = await runProcess(linux, ['version', '--json'], { cwd });
      expect(JSON.parse(stdout)).toMatchObject({ name: 'kapsel-verify', runtime: /./ });
    });

    it('passes the tests of the command', () => {
      const files = SUITES.map((name) => `cli/test/${name}.test.ts`);
      const { status, stdout } = run(
        [
          'node_modules/vitest/vitest.mjs',
          ...['run', '--project', 'cli', '--testTimeout', String(LIMIT_MS / 5), ...files],
        ],
        { KAPSEL_TEST_BINARY: linux },
      );
      expect(stdout).toMatch(new RegExp(`Test Files +${SUITES.length} passed`));
      expect(status).toBe(0);
    });
  });

  it.each(TARGETS.filter(({ form }) => form === 'mach-o'))(
    'for macOS are signed, every page: $name',
    (target) => {
      const bytes = readFileSync(binary(target.name));
      const { badPages, ...report } = checkMachOSignature(bytes);
      expect(badPages).toEqual([]);
      expect(report).toMatchObject({ identifier: 'kapsel-verify', isAdHoc: true });
      const at = 10_000_000;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(checkMachOSignature(bytes).badPages).toEqual([Math.floor(at / 4096)]);
      // The checker is right about what Apple's own tools have signed.
      const original = join(folder, target.npmName);
      unpackMember(fetchRuntime(target, CACHE), memberOf(target), original);
      expect(checkMachOSignature(readFileSync(original))).toMatchObject({ badPages: [] });
    },
  );

  it('for Windows has no signature that would be wrong, and runs under wine where there is one', () => {
    const file = binary('kapsel-verify-windows-x64.exe');
    const bytes = readFileSync(file);
    const optional = bytes.readUInt32LE(0x3c) + 24;
    expect(bytes.readUInt16LE(optional)).toBe(0x20b);
    expect(bytes.readBigUInt64LE(optional + 112 + 32)).toBe(0n);
    expect(bytes.includes('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')).toBe(true);
    // CI starts it on Windows itself, so wine is no part that tests may ask for.
    const wine = ['wine64', 'wine'].find((name) => spawnSync(name, ['--version']).status === 0);
    if (wine === undefined) return;
    // Under wine Node cannot write into a pipe, and takes what it finds for an old Windows.
    const said = join(folder, 'said.txt');
    const output = openSync(said, 'w');
    const { status } = spawnSync(wine, [file, 'selftest'], {
      env: { ...process.env, NODE_SKIP_PLATFORM_CHECK: '1' },
      stdio: ['ignore', output, 'ignore'],
    });
    closeSync(output);
    expect(readFileSync(said, 'utf8')).toMatch(/one proof verified, 13 altered ones refused/);
    expect(status).toBe(0);
  });
});
