/** The JSON report keeps its published schema on every fixture and every kind of run. @module */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { FIXTURES_NOW_MS, readFixturePackages } from '../../../test/support/fixture-packages.ts';
import {
  bitcoinAttestation,
  encodeFile,
  follow,
  pendingAttestation,
  sha256,
} from '../../../test/support/ots-writer.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog } from '../support/make-proof.ts';
import { makeFolder, runCli } from '../support/run-cli.ts';

const SCHEMA = new URL('../../schemas/verify-report-v1.schema.json', import.meta.url);
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')),
);
const LOG = makeLog(1, [{}, {}]);
const KEY = ['--public-key', LOG.publicKeyHex];

interface ReportJson {
  verdict: string;
  exit_code: number;
  complete: boolean;
  summary: Record<string, number>;
  results: { verdict: string; checks: { code?: string }[]; input: Record<string, unknown> }[];
}

function reportOf(text: string): ReportJson {
  const report = JSON.parse(text) as ReportJson;
  expect(validate(report), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  const { proofs = 0, verified = 0, invalid = 0, malformed = 0 } = report.summary;
  const { untrusted = 0, inconclusive = 0, error = 0 } = report.summary;
  expect(verified + invalid + malformed + untrusted + inconclusive + error).toBe(proofs);
  expect(report.results).toHaveLength(proofs);
  return report;
}

describe('--json', () => {
  it('has the verdict on each anchor', async () => {
    const proof = LOG.proof(0);
    const digest = sha256(Buffer.from(String(proof.signed_tree_head.checkpoint)));
    const root = follow(digest, [['sha256']]);
    const end = { attestations: [bitcoinAttestation(7), pendingAttestation('https://a.example')] };
    const file = encodeFile(digest, { ways: [{ steps: [['sha256']], end }] }).toString('base64');
    const stdin = JSON.stringify({ ...proof, anchors: [{ type: 'opentimestamps', proof: file }] });
    const words = ['-', '--json', '--public-key', LOG.publicKeyHex];
    const open = reportOf((await runInside(words, { stdin })).stdout);
    expect(open.results[0]).toMatchObject({ anchors: [{ state: 'header_not_given', height: 7 }] });
    const header = ['--header', `7:${root.toString('hex')}`];
    const good = reportOf((await runInside([...words, ...header], { stdin })).stdout);
    expect(good.results[0]).toMatchObject({
      levels: ['A', 'C'],
      anchors: [{ state: 'confirmed', header_source: 'user' }],
    });
  });

  it('gives the verdict of each fixture, within the schema', async () => {
    const fixtures = readFixturePackages();
    const now = ['--now', new Date(FIXTURES_NOW_MS).toISOString()];
    for (const key of new Set(fixtures.map(({ publicKey }) => publicKey))) {
      const some = fixtures.filter(({ publicKey }) => publicKey === key);
      const folder = makeFolder(
        Object.fromEntries(some.map(({ name, text }) => [`${name}.json`, text])),
      );
      const run = await runCli(['.', '--json', ...now, '--public-key', key], { cwd: folder });
      const report = reportOf(run.stdout);
      expect(report.exit_code).toBe(run.code);
      const found = report.results.map(
        ({ verdict, checks }) => checks.find(({ code }) => code !== undefined)?.code ?? verdict,
      );
      expect(found).toEqual(some.map(({ expect: code }) => code));
    }
  });

  it('is one document also when nothing can be read, and when the run is stopped', async () => {
    const absent = await runInside(['absent.json', '--json', ...KEY]);
    expect(reportOf(absent.stdout)).toMatchObject({ verdict: 'error', exit_code: 6 });
    const stopped = await runInside(['-', '--json', ...KEY], { stopped: 'interrupted' });
    expect(reportOf(stopped.stdout)).toMatchObject({ complete: false, exit_code: 130 });
    const fast = await runInside(['absent.json', '-', '--fail-fast', '--json', ...KEY]);
    expect(reportOf(fast.stdout)).toMatchObject({ complete: false, summary: { proofs: 1 } });
  });

  it('names path, entry, line and hash of each input', async () => {
    const stdin = `${JSON.stringify(LOG.proof(0))}\n${JSON.stringify(LOG.proof(1))}\n`;
    const run = await runInside(['-', '--json', ...KEY], { stdin });
    const [first, second] = reportOf(run.stdout).results;
    expect(first?.input).toMatchObject({ path: 'stdin', entry: null, line: 1 });
    expect(second?.input.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('never writes back a key that was typed as a file', async () => {
    const run = await runInside(['-', LOG.publicKeyHex.toUpperCase(), '--json', ...KEY]);
    expect(run.stdout).not.toContain(LOG.publicKeyHex.toUpperCase().slice(0, 16));
  });

  it('keeps the file behind a bare --json', async () => {
    const folder = makeFolder({ 'a.json': LOG.proof(0) });
    const run = await runCli([...KEY, '--json', 'a.json'], { cwd: folder });
    expect(reportOf(run.stdout).results[0]?.input.path).toBe('a.json');
  });
});

it('--json=lines gives one document a line, the summary last', async () => {
  const stdin = `${JSON.stringify(LOG.proof(0))}\n{"x":1}\n`;
  const run = await runInside(['-', '--json=lines', ...KEY], { stdin });
  const lines = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ kind }) => kind)).toEqual(['result', 'result', 'summary']);
  expect(lines[2]).toMatchObject({ verdict: 'malformed', exit_code: 3, summary: { proofs: 2 } });
});
