/** The report of a run: one document however many results it has, and lines that are documents. @module */
import { describe, expect, it } from 'vitest';
import { readFixturePackage } from '../../../test/support/fixture-packages.ts';
import { reportOfRefusal } from '../src/input-refusal.ts';
import {
  type RunReportStart,
  type RunReportWriter,
  resultJson,
  runReportDocument,
  runReportLines,
} from '../src/run-report.ts';
import { RunTally } from '../src/run-tally.ts';
import { verifyProofPackage } from '../src/verify.ts';

const KEY_ID = 'ab'.repeat(32);
const START: RunReportStart = {
  tool: { name: 'test', version: '1.2.3', commit: null, runtime: 'none' },
  startedMs: Date.UTC(2026, 0, 30),
  keys: [{ keyId: KEY_ID, name: null, kind: 'log', source: 'flag' }],
  require: [],
  payloadHash: null,
};
const BAD = reportOfRefusal({ code: 'E_FIELD', reason: 'a name twice' });
const PLACE = { path: 'a.zip', entry: 'b.json', line: 4, digest: null };

type Open = (start: RunReportStart, write: (text: string) => void) => RunReportWriter;

function write(open: Open, count: number): string {
  let text = '';
  const tally = new RunTally();
  const writer = open(START, (more) => {
    text += more;
  });
  for (let i = 0; i < count; i++) {
    tally.add(BAD);
    writer.add(PLACE, BAD);
  }
  const run = { inputs: 1, files: 2, skippedFiles: 3, elapsedMs: 4.4, isComplete: false };
  writer.end({ ...run, tally, exitCode: tally.exitCode(false) });
  return text;
}

const END = {
  format: 'kapsel.verify-report/v1',
  tool: START.tool,
  offline: true,
  started_at: '2026-01-30T00:00:00.000Z',
  duration_ms: 4,
  complete: false,
  policy: { keys: [{ key_id: KEY_ID, name: null, kind: 'log', source: 'flag' }], require: [] },
};

describe('runReportDocument', () => {
  it.each([0, 1, 3])('is one document with %i results', (count) => {
    const report = JSON.parse(write(runReportDocument, count));
    expect(report).toMatchObject({ ...END, exit_code: 3 });
    expect(report.results).toHaveLength(count);
    expect(report.summary).toMatchObject({ inputs: 1, files: 2, skipped_files: 3, proofs: count });
  });
});

describe('runReportLines', () => {
  it('is one document a line, the summary last', () => {
    const lines = write(runReportLines, 2).trimEnd().split('\n');
    const read = lines.map((line) => JSON.parse(line));
    expect(read.map(({ kind }) => kind)).toEqual(['result', 'result', 'summary']);
    expect(read[2]).toMatchObject({ ...END, verdict: 'malformed' });
  });
});

describe('resultJson', () => {
  it('names the place, the failed check and its words', () => {
    expect(resultJson(PLACE, BAD)).toMatchObject({
      input: { path: 'a.zip', entry: 'b.json', line: 4, sha256: null, bytes: null },
      verdict: 'malformed',
      checks: [{ id: 'format', status: 'fail', code: 'E_FIELD', reason: 'a name twice' }],
      claims: null,
      tree: null,
      key: null,
    });
  });

  it('takes no claim for authenticated that is not verified', () => {
    const { text } = readFixturePackage('valid-delivered.json');
    const report = verifyProofPackage(text, { keys: [] }, { nowMs: START.startedMs });
    const digest = { sha256: 'cd'.repeat(32), bytes: text.length };
    expect(resultJson({ ...PLACE, digest }, report)).toMatchObject({
      input: { sha256: digest.sha256, bytes: digest.bytes },
      claims: { authenticated: false, outcome: 'delivered' },
      key: { source: 'unknown', statements: [] },
    });
  });
});
