/** The shipped program is one file, which needs nothing but Node and loads little until it is needed. @module */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeLog } from './support/make-proof.ts';
import { MAIN, makeFolder, runCli, runProcess } from './support/run-cli.ts';

const LOG = makeLog(1, [{}]);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function manifestOf(workspace: string) {
  return JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'));
}

it('runs alone, where nothing is installed', async () => {
  const folder = makeFolder({ 'p.json': LOG.proof(0) });
  copyFileSync(MAIN, join(folder, 'kapsel-verify.cjs'));
  const words = ['kapsel-verify.cjs', 'p.json', '--public-key', LOG.publicKeyHex];
  const run = await runProcess(process.execPath, words, { cwd: folder });
  expect(run).toMatchObject({ code: 0, stderr: '' });
});

it('does not load hashing, unpacking or the network for one proof', async () => {
  const folder = makeFolder({
    'p.json': LOG.proof(0),
    'tell.cjs':
      "process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')));",
  });
  const words = ['p.json', '--public-key', LOG.publicKeyHex];
  const nodeOptions = ['--require', './tell.cjs'];
  const plain = await runCli(words, { cwd: folder, nodeOptions });
  const withHash = await runCli([...words, '--json'], { cwd: folder, nodeOptions });
  const loaded = (stderr: string) =>
    ['crypto', 'zlib', 'http', 'https', 'dns'].filter((name) =>
      stderr.split('\n').includes(`NativeModule ${name}`),
    );
  expect(plain.code).toBe(0);
  expect(loaded(plain.stderr)).toEqual([]);
  expect(loaded(withHash.stderr)).toEqual(['crypto']);
});

it('tells the SHA-256 of the page that was built with it, as anybody can take it', async () => {
  const page = readFileSync(join(ROOT, 'web-verifier/dist/kapsel-verify.html'));
  const hash = createHash('sha256').update(page).digest('hex');
  expect((await runCli(['version'])).stdout).toContain(`\npage     SHA-256 ${hash}\n`);
  expect(JSON.parse((await runCli(['version', '--json'])).stdout).page_sha256).toBe(hash);
});

it('names no folder of the machine that built it', () => {
  expect(readFileSync(MAIN, 'utf8')).not.toContain(ROOT);
});

it('brings the licences of what is in it', () => {
  const text = readFileSync(join(dirname(MAIN), 'THIRD-PARTY-LICENSES'), 'utf8');
  const { chalk, commander } = manifestOf('cli').devDependencies;
  const { '@noble/ed25519': ed25519 } = manifestOf('packages/verification').devDependencies;
  for (const name of [`chalk ${chalk}`, `commander ${commander}`, `@noble/ed25519 ${ed25519}`]) {
    expect(text).toContain(`\n${name} (MIT)\n`);
  }
});

it('is what the manifest names', () => {
  const { bin } = manifestOf('cli');
  expect(join(ROOT, 'cli', bin['kapsel-verify'])).toBe(MAIN);
  expect(existsSync(MAIN)).toBe(true);
});
