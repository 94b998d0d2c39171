/** Runs the built program as a process of its own, as a user's shell does. @module */
import { type SpawnOptions, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const MAIN = fileURLToPath(new URL('../../dist/kapsel-verify.cjs', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Options of node itself, in front of the program. */
  readonly nodeOptions?: readonly string[];
}

/** Only what a program needs: the colour variables of the machine that runs the tests must not reach it. */
export function plainEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', ...more };
}

// The same tests look at the executable when it has been built (binaries.slow.test.ts).
const BINARY = process.env.KAPSEL_TEST_BINARY ?? '';

/** The program with these words; never through a shell. */
export function runCli(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { nodeOptions = [] } = options;
  if (BINARY !== '' && nodeOptions.length === 0) return runProcess(BINARY, words, options);
  return runProcess(process.execPath, [...nodeOptions, MAIN, ...words], options);
}

/** Any program; resolves with whatever it ended with. */
export function runProcess(
  file: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<Run> {
  const how: SpawnOptions = { env: plainEnv(options.env), stdio: 'pipe' };
  if (options.cwd !== undefined) how.cwd = options.cwd;
  const child = spawn(file, words, how);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // The program may refuse before it reads everything.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    });
  });
}

/** A folder of its own for one test, with the given files in it; gone afterwards. */
export function makeFolder(files: Readonly<Record<string, unknown>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'kapsel-verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeContent(join(folder, name), content);
  }
  return folder;
}

/** Text and bytes as they are, anything else as JSON. */
export function writeContent(path: string, content: unknown): void {
  const isRaw = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isRaw ? content : JSON.stringify(content, null, 2));
}
