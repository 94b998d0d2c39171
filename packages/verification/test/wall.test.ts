/** The wall around the core: whatever reaches for the platform does not compile in this package. @module */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = fileURLToPath(import.meta.resolve('typescript/package.json'));
const FORBIDDEN = [
  'Buffer',
  'process',
  'fetch',
  'URL',
  'TextDecoder',
  'TextEncoder',
  'setTimeout',
  'console',
  'crypto',
  'performance',
  'document',
  'require',
];

/** Compiles one file under this package's own settings; returns the compiler's output, empty if it is content. */
function compile(folder: string, source: string): string {
  writeFileSync(join(folder, 'probe.mts'), source);
  const options = { noEmit: true, composite: false, incremental: false, rootDir: '.' };
  const settings = {
    extends: join(PACKAGE, 'tsconfig.json'),
    compilerOptions: options,
    include: ['probe.mts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  try {
    const script = join(COMPILER, '..', 'bin', 'tsc');
    return execFileSync(process.execPath, [script, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
      cwd: folder,
    });
  } catch (error) {
    // A compile error is the answer that is asked for.
    return (error as { stdout: string }).stdout;
  }
}

describe('the wall', () => {
  let folder = '';
  let output = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kapsel-wall-'));
    const lines = FORBIDDEN.map((name, i) => `export const use${i}: unknown = ${name};`);
    output = compile(folder, `${lines.join('\n')}\n`);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(FORBIDDEN.map((name, i) => [name, i + 1] as const))('keeps out %s', (name, line) => {
    const errors = output.split('\n').filter((text) => text.startsWith(`probe.mts(${line},`));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`'${name}'`);
  });

  it('lets the language itself through', () => {
    const source = 'export const use: unknown = [Map, BigInt(1), JSON, Uint8Array.of(1)];\n';
    expect(compile(folder, source)).toBe('');
  });
});
