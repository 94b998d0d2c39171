/** Files, folders, patterns, lines and archives become packages; limits and tricks are refused. @module */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readFixtureArchives } from '../../../test/support/fixture-archives.ts';
import { FIXTURES_NOW_MS } from '../../../test/support/fixture-packages.ts';
import { zipOfFiles } from '../../src/zip-writer.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog } from '../support/make-proof.ts';
import { MAIN, makeFolder, runCli, runProcess } from '../support/run-cli.ts';

const LOG = makeLog(1, [{}, {}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];
const PROOFS = [0, 1, 2].map((index) => JSON.stringify(LOG.proof(index)));
const LINES = `${PROOFS.join('\n')}\n`;

async function check(words: readonly string[], stdin: string | Uint8Array = '') {
  const run = await runInside([...words, ...KEY], { stdin });
  const lines = run.stdout.trimEnd().split('\n');
  return { ...run, lines, summary: lines.at(-1) ?? '' };
}

describe('a folder', () => {
  it('is walked in the order of names, without links and unknown files', async () => {
    const folder = makeFolder({ 'b.json': LOG.proof(0), 'notes.txt': 'x', 'a.ndjson': LINES });
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub', 'c.json.gz'), gzipSync(PROOFS[1] ?? ''));
    symlinkSync(join(folder, 'b.json'), join(folder, 'link.json'));
    symlinkSync(folder, join(folder, 'circle'));
    const run = await check([folder]);
    expect(run.code).toBe(0);
    const names = run.lines.slice(0, -1).map((line) => line.split(/ +/)[1]?.slice(folder.length));
    expect(names).toEqual([
      '/a.ndjson:1',
      '/a.ndjson:2',
      '/a.ndjson:3',
      '/b.json',
      '/sub/c.json.gz',
    ]);
    expect(run.summary).toContain('3 other files skipped.');
  });

  it('that holds no proof is not a success: 3', async () => {
    const run = await check([makeFolder({ 'notes.txt': 'x' })]);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('[E_NO_INPUT]');
  });

  it('gives only what --include means', async () => {
    const folder = makeFolder({ 'a.json': LOG.proof(0), 'b.kapsel.json': LOG.proof(1) });
    const run = await check([folder, '--include', '*.kapsel.json']);
    expect(run.summary).toContain('Checked 1 proof ');
  });

  it('stops at --max-files', async () => {
    const folder = makeFolder({ 'a.json': LOG.proof(0), 'b.json': LOG.proof(1) });
    const run = await check([folder, '--max-files', '1']);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('[E_TOO_LARGE]');
  });
});

describe('a pattern', () => {
  it('means files, and one that means none is not a success', async () => {
    const folder = makeFolder({ 'a.json': LOG.proof(0), 'b.json': LOG.proof(1), 'c.txt': 'x' });
    expect((await check([`${folder}/*.json`])).summary).toContain('2 verified');
    const none = await check([`${folder}/*.zip`, join(folder, 'a.json')]);
    expect(none.code).toBe(3);
    expect(none.stdout).toContain('[E_NO_INPUT]');
  });

  it('is an ordinary name where such a file exists', async () => {
    const folder = makeFolder({ 'a[1].json': LOG.proof(0) });
    expect((await check([join(folder, 'a[1].json')])).code).toBe(0);
  });
});

describe('one package a line', () => {
  it('is told by name and line, blank lines left out', async () => {
    const folder = makeFolder({ 'p.ndjson': `${PROOFS[0]}\r\n\n  \n{"x"\n${PROOFS[1]}` });
    const run = await check([join(folder, 'p.ndjson')]);
    expect(run.code).toBe(3);
    const found = run.lines.map((line) => /:(\d+) +(\S+)/.exec(line)?.slice(1, 3).join(' '));
    expect(found.slice(0, 3)).toEqual(['1 verified', '4 malformed', '5 verified']);
  });

  it('is seen on standard input without a name, also packed', async () => {
    for (const stdin of [LINES, gzipSync(LINES)]) {
      const run = await check(['-'], stdin);
      expect(run.code).toBe(0);
      expect(run.summary).toContain('Checked 3 proofs from 1 input');
    }
    // One package over several lines stays one.
    const pretty = await check(['-'], JSON.stringify(LOG.proof(0), null, 2));
    expect(pretty.lines[0]).toBe('✓ Proof verified successfully!');
  });

  it('drops a line that is too long, and goes on behind it', async () => {
    const folder = makeFolder({ 'p.ndjson': `${'x'.repeat(2 ** 20 + 1)}\n${PROOFS[0]}\n` });
    const run = await check([join(folder, 'p.ndjson')]);
    expect(run.lines[0]).toContain('[E_TOO_LARGE]');
    expect(run.lines[1]).toContain('verified');
  });

  it('that is empty is not a success', async () => {
    const run = await check([join(makeFolder({ 'p.ndjson': '\n' }), 'p.ndjson')]);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('[E_NO_INPUT]');
  });

  it('ends at --max-total', async () => {
    const run = await check(['-', '--max-total', '3KiB'], LINES);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('[E_TOO_LARGE]');
  });
});

describe('a packed file', () => {
  it('is refused when it is cut off, damaged, or followed by something else', async () => {
    const packed = gzipSync(PROOFS[0] ?? '');
    const bad = Buffer.from(packed);
    bad[packed.length - 6] = (bad[packed.length - 6] ?? 0) ^ 1;
    for (const bytes of [packed.subarray(0, -4), bad, Buffer.concat([packed, Buffer.from('x')])]) {
      const run = await check([join(makeFolder({ 'p.json.gz': bytes }), 'p.json.gz')]);
      expect(run.code).toBe(3);
      expect(run.stdout).toMatch(/\[E_(FIELD|JSON)\]/);
    }
  });

  it('that unpacks to far more than a package stops at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, 0x20));
    const run = await check([join(makeFolder({ 'p.json.gz': bomb }), 'p.json.gz')]);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('[E_TOO_LARGE]');
  });

  it('holds no archive', async () => {
    const zip = zipOfFiles([{ name: 'a.json', bytes: Buffer.from(PROOFS[0] ?? '') }]);
    const run = await check([join(makeFolder({ 'p.gz': gzipSync(zip) }), 'p.gz')]);
    expect(run.stdout).toContain('[E_FIELD]');
  });
});

describe('an archive', () => {
  const files = [
    { name: 'a.json', bytes: Buffer.from(PROOFS[0] ?? '') },
    { name: 'deep/b.ndjson', bytes: Buffer.from(LINES) },
    { name: 'README', bytes: Buffer.from('x') },
  ];

  it('gives its entries, from a file and from a pipe', async () => {
    const zip = zipOfFiles(files);
    const file = join(makeFolder({ 'p.zip': zip }), 'p.zip');
    for (const run of [await check([file]), await check(['-'], zip)]) {
      expect(run.code).toBe(0);
      expect(run.summary).toContain('4 verified');
      expect(run.stdout).toMatch(/!deep\/b\.ndjson:3 /);
    }
  });

  it('without a proof is not a success, and one inside another is not read', async () => {
    const none = zipOfFiles([{ name: 'README', bytes: Buffer.from('x') }]);
    expect((await check(['-'], none)).stdout).toContain('[E_NO_INPUT]');
    const nested = zipOfFiles([{ name: 'p.zip', bytes: zipOfFiles(files) }]);
    const run = await check(['-'], nested);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('[E_FIELD]');
  });
});

describe('the archives of the fixtures', () => {
  it('give what each says, from files and under one summary', async () => {
    const archives = readFixtureArchives();
    const folder = makeFolder(Object.fromEntries(archives.map(({ name, bytes }) => [name, bytes])));
    const key = archives[0]?.publicKey ?? '';
    const now = new Date(FIXTURES_NOW_MS).toISOString();
    const words = ['.', '--json', '--now', now, '--public-key', key];
    const run = await runCli(words, { cwd: folder });
    expect(run).toMatchObject({ code: 3, stderr: '' });
    const found = new Map<string, string[]>();
    for (const { input, verdict, checks } of JSON.parse(run.stdout).results) {
      const code = checks.find(({ status }: { status: string }) => status === 'fail')?.code;
      found.set(input.path, [...(found.get(input.path) ?? []), code ?? verdict]);
    }
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(archives.map(({ name, expect: want }) => [name, want])),
    );
  });
});

describe('a long stream', () => {
  it('is worked on in several threads with a bounded memory, and counts every line', async () => {
    const script = `const many = ${JSON.stringify(`${PROOFS[0]}\n`)}.repeat(100);
      let n = 0; const write = () => { while (n++ < 120) if (!process.stdout.write(many)) return process.stdout.once('drain', write); }; write();`;
    const peak =
      'process.on("exit", () => process.stderr.write(process.resourceUsage().maxRSS + "\\n"));';
    const folder = makeFolder({ 'make.cjs': script, 'peak.cjs': peak });
    const shell = `"$0" make.cjs | "$0" --require ./peak.cjs "$1" -q - ${KEY.join(' ')}`;
    const words = ['-c', shell, process.execPath, MAIN];
    const run = await runProcess('/bin/sh', words, { cwd: folder });
    expect(run.stdout).toContain('12000 verified');
    // The thread's own exit is told too; the largest figure is the process.
    const peaks = run.stderr.trim().split('\n').map(Number);
    expect(Math.max(...peaks)).toBeLessThan(300 * 1024);
  });
});

it('reads the same through the real process', async () => {
  const folder = makeFolder({ 'a.json': LOG.proof(0), 'p.zip': zipOfFiles([]) });
  const run = await runCli(['.', ...KEY], { cwd: folder });
  expect(run.code).toBe(3);
  expect(run.stdout).toContain('✓ a.json ');
});
