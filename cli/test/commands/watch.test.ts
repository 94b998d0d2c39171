/** A watch against a log on this machine: first seen, consistent, silent, rolled back, split. @module */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { archiveOfBytes, readZipDirectory, readZipEntry } from '@kapsel/verification';
import { describe, expect, it, onTestFinished } from 'vitest';
import { waitMs } from '../../src/commands/watch.ts';
import { UNPACKERS } from '../../src/inputs/unpackers.ts';
import { faultOfAddress } from '../../src/network.ts';
import { HEAD_TIME_MS, makeLog } from '../support/make-proof.ts';
import { makeFolder, runCli } from '../support/run-cli.ts';

const LOG = makeLog(1, [{}, {}, {}, {}, {}]);
const FORK = makeLog(1, [{}, {}, { attempt_number: 9 }, {}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];

interface Answers {
  head: unknown;
  proof?: unknown;
  status?: number;
}

async function serve(answers: Answers): Promise<string> {
  const server = createServer((request, response) => {
    const isHead = request.url?.startsWith('/attestation/sth') === true;
    response.statusCode = answers.status ?? 200;
    response.end(JSON.stringify(isHead ? answers.head : (answers.proof ?? {})));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('watch', () => {
  it('sees heads, checks each against the last, and finds a fork that others can check', async () => {
    const folder = makeFolder();
    const answers: Answers = { head: LOG.head(2, HEAD_TIME_MS) };
    const url = await serve(answers);
    const look = () =>
      runCli(['watch', url, '--once', '--state', 'state.json', ...KEY], { cwd: folder });
    const first = await look();
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^first seen {2}/);

    answers.head = LOG.head(5, HEAD_TIME_MS + 1000);
    answers.proof = LOG.consistency(2, 5);
    const second = await look();
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^consistent .* continues size 2/);
    expect(await look()).toMatchObject({ code: 0, stdout: '' });

    const state = readFileSync(join(folder, 'state.json'), 'utf8');
    answers.head = FORK.head(5, HEAD_TIME_MS + 2000);
    const split = await look();
    expect(split.code).toBe(1);
    expect(split.stdout).toContain('[E_SPLIT_VIEW]');
    expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe(state);

    const [evidence = ''] = readdirSync(folder).filter((name) => name.startsWith('evidence-'));
    const { unpacked, command } = await unpack(join(folder, evidence));
    const words = command.split(' ').slice(1);
    const again = await runCli(words, { cwd: unpacked });
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('[E_SPLIT_VIEW]');
  });

  it.each<[string, () => Answers, number, string]>([
    ['a rollback', () => ({ head: LOG.head(2, HEAD_TIME_MS + 1000) }), 1, 'E_ROLLBACK'],
    [
      'a tree that does not continue',
      () => ({ head: FORK.head(5, HEAD_TIME_MS + 1000), proof: FORK.consistency(3, 5) }),
      1,
      '[E_',
    ],
    ['a head of another key', () => ({ head: makeLog(2, [{}]).head(1) }), 4, 'E_KEY_UNKNOWN'],
    ['something else', () => ({ head: { hello: 1 } }), 3, 'E_FIELD'],
    ['an error', () => ({ head: {}, status: 500 }), 6, 'E_NET'],
  ])('ends with its code at %s', async (_what, next, code, word) => {
    const folder = makeFolder();
    const answers: Answers = { head: LOG.head(3, HEAD_TIME_MS) };
    const url = await serve(answers);
    const words = ['watch', url, '--once', '--state', 'state.json', ...KEY];
    expect((await runCli(words, { cwd: folder })).code).toBe(0);
    Object.assign(answers, next());
    const run = await runCli(words, { cwd: folder });
    expect(run.stdout + run.stderr).toContain(word);
    expect(run.code).toBe(code);
  });

  it('does not start anew over a damaged state, and asks nobody it may not ask', async () => {
    const folder = makeFolder({ 'state.json': '{' });
    const url = await serve({ head: LOG.head(2) });
    const words = ['watch', url, '--once', '--state', 'state.json', ...KEY];
    expect((await runCli(words, { cwd: folder })).code).toBe(6);
    const plain = await runCli(['watch', 'http://example.com', '--once', ...KEY], { cwd: folder });
    expect(plain.code).toBe(2);
    const closed = await runCli(['watch', 'http://127.0.0.1:9', '--once', '--state', 's', ...KEY], {
      cwd: folder,
    });
    expect(closed).toMatchObject({ code: 6, stdout: '' });
  });

  it('warns of a head that is stale', async () => {
    const url = await serve({ head: LOG.head(2) });
    const words = ['watch', url, '--once', '--state', 's', '--max-head-age', '1h', ...KEY];
    const run = await runCli(words, { cwd: makeFolder() });
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain('stale');
  });
});

async function unpack(zip: string): Promise<{ unpacked: string; command: string }> {
  const archive = archiveOfBytes(readFileSync(zip));
  const files: Record<string, Buffer> = {};
  for (const entry of await readZipDirectory(archive, 10)) {
    const parts: Uint8Array[] = [];
    for await (const chunk of readZipEntry(archive, entry, UNPACKERS.inflateRaw)) parts.push(chunk);
    files[entry.name] = Buffer.concat(parts);
  }
  const command = /^ {2}(kapsel-verify .*)$/m.exec(String(files['README.txt']))?.[1] ?? '';
  return { unpacked: makeFolder(files), command };
}

it('waits longer after failures, never without end, and never twice the same', () => {
  expect(waitMs(60_000, 0, 0.5)).toBe(60_000);
  expect(waitMs(60_000, 2, 0.5)).toBe(240_000);
  expect(waitMs(60_000, 99, 0.5)).toBe(900_000);
  expect(waitMs(60_000, 0, 0)).not.toBe(waitMs(60_000, 0, 0.9));
});

it.each([
  ['https://log.example', true],
  ['https://log.example/base', true],
  ['http://127.0.0.1:8080', true],
  ['http://localhost', true],
  ['http://[::1]:1', true],
  ['http://log.example', false],
  ['http://127.0.0.1.example', false],
  ['https://user:secret@log.example', false],
  ['https://log.example/?a=1', false],
  ['ftp://log.example', false],
  ['file:///etc/passwd', false],
  ['log.example', false],
])('the address %s: %s', (address, isGood) => {
  expect(faultOfAddress(address) === null).toBe(isGood);
});
