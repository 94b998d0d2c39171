/** The npm package of the command: what is in it, and that it installs alone and offline. @module */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { filesBelow } from '../../test/support/published.ts';
import { makeLog } from './support/make-proof.ts';
import { makeFolder, runProcess } from './support/run-cli.ts';

const CLI = fileURLToPath(new URL('..', import.meta.url));
const LIMIT_MS = 60_000;

function npm(words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync('npm', words, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    timeout: LIMIT_MS,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

it('installs alone, offline, and verifies', { timeout: 2 * LIMIT_MS }, async () => {
  const log = makeLog(1, [{}]);
  const folder = makeFolder({ 'package.json': { private: true }, 'p.json': log.proof(0) });
  const options = ['--json', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(npm(['pack', ...options], CLI)) as [{ filename: string }];
  npm(['install', '--offline', '--ignore-scripts', '--silent', `./${filename}`], folder);

  const modules = readdirSync(join(folder, 'node_modules'));
  expect(modules.filter((name) => !name.startsWith('.'))).toEqual(['kapsel-verify']);
  const installed = join(folder, 'node_modules', 'kapsel-verify');
  expect(filesBelow(installed)).toEqual([
    'LICENSE',
    'README.md',
    'dist/THIRD-PARTY-LICENSES',
    'dist/kapsel-verify.cjs',
    'package.json',
    'schemas/verify-report-v1.schema.json',
  ]);
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) {
    expect(manifest).not.toHaveProperty(kind);
  }
  const command = join(folder, 'node_modules', '.bin', 'kapsel-verify');
  const words = ['p.json', '--public-key', log.publicKeyHex];
  expect(await runProcess(command, words, { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
});
