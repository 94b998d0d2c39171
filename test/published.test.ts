/** What is published: the tarballs of both libraries, looked at and used as a stranger would. @module */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as source from '@kapsel/verification';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURES_NOW_MS, readFixturePackage } from './support/fixture-packages.ts';
import {
  filesBelow,
  findCompiler,
  gzipBytesOf,
  type LibraryName,
  type PublishedLibraries,
  publishInto,
} from './support/published.ts';
import { readQuestions } from './support/replay.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIMIT_MS = 180_000;
const WHOLE_LIMIT_BYTES = 60_000; // of them 10,000 are the hashes of known Bitcoin blocks, which nothing makes smaller
const VERIFIER_LIMIT_BYTES = 13_000; // what it checks by itself, its words, and one curve
const COMMON = ['LICENSE', 'README.md', 'package.json'];

const folder = mkdtempSync(join(tmpdir(), 'kapsel-published-'));
let published: PublishedLibraries;
beforeAll(() => {
  published = publishInto(folder);
}, LIMIT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function packageFolder(name: LibraryName): string {
  return join(published.consumer, 'node_modules', '@kapsel', name);
}

function manifestOf(name: LibraryName): Record<string, unknown> {
  return JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'));
}

function sourceNames(name: LibraryName): string[] {
  return filesBelow(join(ROOT, 'packages', name, 'src')).map((file) => file.replace(/\.ts$/, ''));
}

describe.each(['verification', 'tree'] as const)('@kapsel/%s', (name) => {
  test('publint has nothing to say', async () => {
    const { messages } = await publint({ pkgDir: packageFolder(name), pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test('its types are found wherever ECMAScript modules are', { timeout: LIMIT_MS }, () => {
    const script = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
    const options = [script, published.tarballs[name], '--profile', 'esm-only', '--no-color'];
    const run = spawnSync(process.execPath, options, { encoding: 'utf8' });
    expect(run.stdout + run.stderr).toContain('(ESM)');
    expect(run.status).toBe(0);
  });

  test('no declaration names what was compiled in, and no file a source map', () => {
    for (const file of filesBelow(packageFolder(name))) {
      const text = readFileSync(join(packageFolder(name), file), 'utf8');
      if (file.endsWith('.d.ts')) expect(text, file).not.toContain('@noble');
      expect(text, file).not.toMatch(/^\/\/# sourceMappingURL/m);
    }
  });

  test('the manifest names only what is in the tarball', () => {
    const manifest = manifestOf(name);
    expect(manifest.exports).toEqual({
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    });
    expect(manifest.sideEffects).toBe(false);
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest.license).toBe('Apache-2.0');
  });
});

describe('@kapsel/verification', () => {
  test('holds one program, its declarations, and the licences of what is in it', () => {
    const declarations = sourceNames('verification').map((file) => `dist/${file}.d.ts`);
    const wanted = [...COMMON, 'THIRD-PARTY-LICENSES', 'dist/index.js', ...declarations];
    expect(filesBelow(packageFolder('verification'))).toEqual(wanted.sort());
  });

  test('depends on nothing', () => {
    const manifest = manifestOf('verification');
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
      expect(manifest).not.toHaveProperty(kind);
    }
    const program = readFileSync(join(packageFolder('verification'), 'dist', 'index.js'), 'utf8');
    // That it imports nothing is shown below: it runs where nothing else is installed.
    expect(program).not.toMatch(/['"]node:/);
  });

  test('answers every fixture as the source does, though methods were left out', async () => {
    const file = join(packageFolder('verification'), 'dist', 'index.js');
    expect(readFileSync(file, 'utf8')).not.toMatch(/isTorsionFree|multiplyUnsafe/);
    const program = (await import(pathToFileURL(file).href)) as typeof source;
    const { nowMs, packages, signatures } = readQuestions();
    const answersOf = (core: typeof source): unknown => ({
      signatures: signatures.map(([signature, message, publicKey]) =>
        core.verifyEd25519(
          core.bytesFromHex(signature),
          core.bytesFromHex(message),
          core.bytesFromHex(publicKey),
        ),
      ),
      reports: packages.map(({ text, publicKey }) => {
        const trust = { keys: [{ publicKey: core.bytesFromHex(publicKey), name: null }] };
        const { followKeyStatements } = core;
        return core.verifyProofPackage(text, trust, { nowMs, followKeyStatements });
      }),
    });
    expect(answersOf(program)).toEqual(answersOf(source));
  });

  test('names those whose code it holds', () => {
    const notices = readFileSync(
      join(packageFolder('verification'), 'THIRD-PARTY-LICENSES'),
      'utf8',
    );
    expect(notices.match(/^\S+ \S+ \(\S+\)$/gm)).toEqual([
      '@noble/ed25519 3.2.0 (MIT)',
      '@noble/hashes 2.4.0 (MIT)',
    ]);
    expect(notices.match(/Permission is hereby granted/g)).toHaveLength(2);
  });

  test('is small enough for a page', { timeout: LIMIT_MS }, async () => {
    const file = join(packageFolder('verification'), 'dist', 'index.js');
    expect(await gzipBytesOf(file, '*')).toBeLessThanOrEqual(WHOLE_LIMIT_BYTES);
    const verifier = await gzipBytesOf(file, '{ verifyProofPackage }');
    expect(verifier).toBeLessThanOrEqual(VERIFIER_LIMIT_BYTES);
  });
});

describe('@kapsel/tree', () => {
  test('holds its programs and their declarations', () => {
    const programs = sourceNames('tree').flatMap((file) => [
      `dist/${file}.js`,
      `dist/${file}.d.ts`,
    ]);
    expect(filesBelow(packageFolder('tree'))).toEqual([...COMMON, ...programs].sort());
  });

  test('depends on the core of the same version alone', () => {
    const { dependencies, version } = manifestOf('tree');
    expect(dependencies).toEqual({ '@kapsel/verification': version });
  });
});

describe('in an empty project', () => {
  test('nothing else was installed', () => {
    const modules = readdirSync(join(published.consumer, 'node_modules'));
    expect(modules.filter((name) => !name.startsWith('.'))).toEqual(['@kapsel']);
  });

  test('plain Node imports it and verifies a package', () => {
    const { text, publicKey } = readFixturePackage('valid-delivered.json');
    const program = join(published.consumer, 'verify.mjs');
    writeFileSync(join(published.consumer, 'package.kapsel.json'), text);
    writeFileSync(
      program,
      `import { readFileSync } from 'node:fs';
       import { MemoryTree } from '@kapsel/tree';
       import { bytesFromHex, verifyProofPackage } from '@kapsel/verification';
       const trust = { keys: [{ publicKey: bytesFromHex('${publicKey}'), name: null }] };
       const report = verifyProofPackage(
         readFileSync(new URL('package.kapsel.json', import.meta.url)), trust, { nowMs: ${FIXTURES_NOW_MS} });
       process.stdout.write(report.verdict + ' ' + typeof MemoryTree);
      `,
    );
    expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe(
      'verified function',
    );
  });

  const compilers = [
    ['of this repository', findCompiler('typescript')],
    ['of 2024', findCompiler('@arethetypeswrong/core/node_modules/typescript')],
  ] as const;
  test.each(compilers)('the TypeScript %s is content', { timeout: LIMIT_MS }, (_, compiler) => {
    expect(compiler).not.toBeNull();
    for (const name of ['verification', 'tree']) {
      const example = join(ROOT, 'packages', name, 'test', 'readme-example.ts');
      cpSync(example, join(published.consumer, `${name}.mts`));
    }
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2022'],
      types: [],
      noEmit: true,
    };
    const settings = join(published.consumer, 'tsconfig.json');
    writeFileSync(settings, JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    const options = [compiler ?? '', '-p', published.consumer, '--pretty', 'false'];
    const run = spawnSync(process.execPath, options, { encoding: 'utf8' });
    expect(run.stdout).toBe('');
    expect(run.status).toBe(0);
  });
});
