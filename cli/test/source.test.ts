/** Reading inputs: limits, reasons, streams, and giving up when the run is stopped. @module */
import { truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../src/host.ts';
import { assertStdinOnce, readSource } from '../src/source.ts';
import { makeFolder, runCli } from './support/run-cli.ts';

function hostWith(stdin: () => AsyncIterable<Uint8Array>, stop = new AbortController()): Host {
  return { stdin, signal: stop.signal } as Partial<Host> as Host;
}

async function* chunksOf(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(7);
}

const NO_STDIN = hostWith(() => chunksOf());

describe('readSource', () => {
  it('reads a file larger than one chunk byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 200_001 }, (_, i) => i % 251);
    const file = join(makeFolder({ file: bytes }), 'file');
    expect(await readSource(NO_STDIN, file, 200_001)).toEqual({ kind: 'bytes', bytes });
  });

  it('joins the chunks of standard input', async () => {
    const host = hostWith(() => chunksOf(3, 4));
    const bytes = new Uint8Array(7).fill(7);
    expect(await readSource(host, '-', 7)).toEqual({ kind: 'bytes', bytes });
  });

  it('stops reading beyond the limit, however long the stream is', async () => {
    let given = 0;
    const host = hostWith(async function* () {
      while (true) {
        given++;
        yield new Uint8Array(1000);
      }
    });
    expect(await readSource(host, '-', 9_999)).toEqual({ kind: 'too-large', limitBytes: 9_999 });
    expect(given).toBe(10);
  });

  it('gives a reason for what cannot be opened', async () => {
    const folder = makeFolder({ file: 'x' });
    for (const name of [
      join(folder, 'absent'),
      join(folder, 'file', 'below'),
      folder,
      'a\0b',
      '',
    ]) {
      expect(await readSource(NO_STDIN, name, 10), name).toMatchObject({ kind: 'unreadable' });
    }
  });

  it.skipIf(process.platform === 'win32')('gives a reason for a socket', async () => {
    const path = join(makeFolder(), 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    expect(await readSource(NO_STDIN, path, 10)).toMatchObject({ kind: 'unreadable' });
  });

  it('passes on an error that is not the system’s', async () => {
    const host = hostWith(async function* () {
      yield new Uint8Array(1);
      throw new TypeError('a mistake');
    });
    await expect(readSource(host, '-', 10)).rejects.toThrow(TypeError);
  });

  it('gives up a stream that never ends when the run is stopped', async () => {
    const stop = new AbortController();
    const host = hostWith(async function* () {
      yield new Uint8Array(1);
      stop.abort('interrupted');
      await new Promise(() => undefined);
    }, stop);
    expect(await readSource(host, '-', 10)).toEqual({ kind: 'stopped' });
    expect(await readSource(host, 'any', 10)).toEqual({ kind: 'stopped' });
  });
});

describe('assertStdinOnce', () => {
  it('allows one reader of standard input, proof or key', () => {
    expect(() => assertStdinOnce(['a', '-', '@b', 'a'])).not.toThrow();
    expect(() => assertStdinOnce(['a', '@-'])).not.toThrow();
    expect(() => assertStdinOnce(['-', 'a', '-'])).toThrow(/once/);
    expect(() => assertStdinOnce(['-', '@-'])).toThrow(/once/);
  });
});

describe('a long file', () => {
  it('is not held in memory: half a gigabyte in one line needs less than 200 MB', async () => {
    const folder = makeFolder({
      'long.ndjson': '',
      'tell.cjs':
        "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)));",
    });
    truncateSync(join(folder, 'long.ndjson'), 512 * 1024 * 1024);
    const run = await runCli(
      [
        'long.ndjson',
        '--public-key',
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      ],
      {
        cwd: folder,
        nodeOptions: ['--require', './tell.cjs'],
      },
    );
    expect(run.stdout).toContain('E_TOO_LARGE');
    expect(Number(run.stderr)).toBeGreaterThan(10_000);
    expect(Number(run.stderr)).toBeLessThan(200_000_000 / 1024);
  });
});
