/** Runs a program to its end with an environment of its own. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built command line verifier. */
export const VERIFIER: string = fileURLToPath(
  new URL('../../cli/dist/kapsel-verify.cjs', import.meta.url),
);

export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runProgram(
  file: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramEnd> {
  const child = spawn(file, words, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** `kapsel-verify` with these words. */
export function runVerifier(...words: readonly string[]): Promise<ProgramEnd> {
  return runProgram(process.execPath, [VERIFIER, ...words]);
}
