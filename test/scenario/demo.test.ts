import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { processesOf } from '../support/process-list.ts';
import { runVerifier } from '../support/run-program.ts';

const DEMO = fileURLToPath(new URL('../demo/demo.mjs', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), 'kapsel-demo-test-'));
  // PostgreSQL runs as somebody else when the tests run as root, and has to pass through.
  await chmod(folder, 0o711);
});
afterEach(async () => {
  // Only after a failure is anything left.
  for (const line of processesOf(folder)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Demo {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** In a process group of its own, as a shell starts it. Everything it makes lies in the test's folder. */
function start(settings: Readonly<Record<string, string>> = {}): Demo {
  const child = spawn(process.execPath, [DEMO, '--out', join(folder, 'out')], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  return {
    child,
    output: () => text,
    ended: once(child, 'close').then(([code]) => code),
  };
}

async function untilSaid({ output }: Demo, pattern: RegExp): Promise<void> {
  await vi.waitFor(() => expect(output()).toMatch(pattern), { interval: 20, timeout: 30_000 });
}

/** No process, and nothing beside what was asked for. */
async function expectNothingLeft(...files: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 10_000 });
  expect(await readdir(folder)).toEqual(files);
}

describe('the demo', () => {
  it('proves a delivery with real processes, whatever the environment holds, and leaves nothing behind', async () => {
    const { output, ended } = start({
      DATABASE_URL: 'postgresql://kapsel:hunter2@127.0.0.1:1/none',
      KAPSEL_PORT: 'nonsense',
      KAPSEL_UNKNOWN: '1',
      KAPSEL_TRUST: '/nowhere',
    });
    expect(await ended, output()).toBe(0);
    await expectNothingLeft('out');

    const out = (name: string): string => join(folder, 'out', name);
    const files = await readdir(join(folder, 'out'));
    expect(files.sort()).toEqual([
      'consistency.json',
      'proof.kapsel.json',
      'public-key.hex',
      'sth-new.json',
      'sth-old.json',
      'tampered.kapsel.json',
    ]);
    const key = (await readFile(out('public-key.hex'), 'utf8')).trim();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const good = await runVerifier('--proof', out('proof.kapsel.json'), '--public-key', key);
    expect(good).toMatchObject({ code: 0, stderr: '' });
    const bad = await runVerifier('--proof', out('tampered.kapsel.json'), '--public-key', key);
    expect(bad.code).toBe(1);
    const heads = [out('sth-old.json'), out('sth-new.json')];
    const rest = ['--proof', out('consistency.json'), '--public-key', key];
    const grown = await runVerifier('consistency', ...heads, ...rest);
    expect(grown).toMatchObject({ code: 0, stderr: '' });

    const sizes = await Promise.all(
      heads.map(async (file) => JSON.parse(await readFile(file, 'utf8')).tree_size),
    );
    expect(sizes[0]).toBeLessThan(sizes[1]);
    const [proof, tampered] = await Promise.all(
      ['proof.kapsel.json', 'tampered.kapsel.json'].map((name) => readFile(out(name), 'utf8')),
    );
    // One byte, and nothing else.
    expect(tampered?.length).toBe(proof?.length);
    const differing = [...(proof ?? '')].filter((character, i) => character !== tampered?.[i]);
    expect(differing).toHaveLength(1);
    expect(output()).not.toContain(folder);
    // What it shows is what the verifier said, both times.
    for (const { stdout, stderr } of [good, bad]) {
      for (const line of `${stdout}${stderr}`.trimEnd().split('\n').slice(0, 2)) {
        // It stands where the person stands, and names files from there.
        expect(output()).toContain(line.replaceAll(`${folder}/`, '').trim());
      }
    }
  });

  it('is interrupted by Ctrl-C in a terminal, and leaves nothing behind', async () => {
    const running = start();
    await untilSaid(running, /\[3\/7\]/);
    // A terminal tells the whole process group.
    process.kill(-(running.child.pid ?? 0), 'SIGINT');
    expect(await running.ended, running.output()).toBe(130);
    await expectNothingLeft('out');
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });

  it('is ended by a signal to itself alone while its server starts, and leaves nothing behind', async () => {
    const running = start();
    await untilSaid(running, /\[1\/7\]/);
    // The database is being made, or has just come up.
    const isDatabase = (line: string): boolean => /initdb|postgres/.test(line);
    await vi.waitFor(() => expect(processesOf(folder).some(isDatabase)).toBe(true), {
      interval: 10,
      timeout: 20_000,
    });
    running.child.kill('SIGTERM');
    expect(await running.ended, running.output()).toBe(130);
    await expectNothingLeft('out');
  });

  it('says what it is for, and starts nothing', async () => {
    const child = spawn(process.execPath, [DEMO, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(text).toContain('--out');
  });
});
