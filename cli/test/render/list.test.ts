/** Lines and summary of runs over several inputs. @module */
import { type Report, RunTally, type Verdict } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { placeOfFile } from '../../src/inputs/item.ts';
import { painterOfLevel } from '../../src/render/colour.ts';
import { labelWidth, listLine, type SummaryFacts, summaryLine } from '../../src/render/list.ts';
import type { Result } from '../../src/result.ts';

const LOOK = { amount: 'normal', paint: painterOfLevel(0), ascii: false } as const;
const VERDICTS: Verdict[] = [
  'verified',
  'invalid',
  'malformed',
  'untrusted',
  'inconclusive',
  'error',
];

function result(label: string, verdict: Verdict, more: Partial<Report> = {}): Result {
  const isGood = verdict === 'verified';
  const report: Report = {
    verdict,
    levels: isGood ? ['A'] : [],
    checks: [],
    claims: null,
    tree: null,
    key: null,
    anchors: [],
    steps: [],
    ...more,
  };
  return { place: placeOfFile(label), label, report, digest: null, bytes: null };
}

const CLAIMS = {
  authenticated: true,
  deliveryAttemptId: '018cd2a0-0000-7000-8000-000000000000',
  eventId: '018cd2a0-0000-7000-8000-00000000e001',
  endpointId: '018cd2a0-0000-7000-8000-00000000d001',
  endpointUrl: 'https://example.com/webhook',
  attemptNumber: 1,
  payloadHash: 'aa'.repeat(32),
  payloadSize: 17,
  attemptedAt: '2024-01-15T10:30:45.000Z',
  completedAt: null,
  outcome: 'delivered',
  responseStatus: 200,
  error: null,
} as const;

describe('listLine', () => {
  it('tells a verified proof with level, status, time and URL', () => {
    const line = listLine(result('proofs/a.json', 'verified', { claims: CLAIMS }), 19, LOOK);
    expect(line).toBe(
      '✓ proofs/a.json        verified A    200  2024-01-15T10:30:45Z  https://example.com/webhook',
    );
  });

  it('tells the failed check and its code for any other', () => {
    const checks = [{ id: 'inclusion', status: 'fail', code: 'E_ROOT_MISMATCH' }] as const;
    const line = listLine(result('b.json', 'invalid', { checks }), 6, LOOK);
    expect(line).toMatch(/^✗ b\.json {2}invalid {7}inclusion - .* {2}\[E_ROOT_MISMATCH\]$/);
  });

  it('starts each verdict in one column, whatever the names', () => {
    const names = ['a', 'bücher.json', 'a-rather-long-name.kapsel.json', 'x\u001b.json'];
    const width = labelWidth(names);
    const columns = names.map((name) =>
      listLine(result(name, 'error'), width, LOOK).indexOf('error'),
    );
    expect(new Set(columns).size).toBe(1);
  });

  it('writes out what a name hides', () => {
    expect(listLine(result('a\u001b[31m\nb', 'error'), 1, LOOK)).toMatch(
      /^# a\\u001b\[31m\\u000ab /,
    );
  });

  it('does not believe a failed proof', () => {
    const checks = [{ id: 'leaf', status: 'fail', code: 'E_LEAF_HASH' }] as const;
    const line = listLine(result('b.json', 'invalid', { checks, claims: CLAIMS }), 6, LOOK);
    expect(line).not.toContain('example.com');
  });
});

describe('summaryLine', () => {
  function summary(results: readonly Result[], more: Partial<SummaryFacts> = {}): string {
    const tally = new RunTally();
    for (const { report } of results) tally.add(report);
    const run = { files: results.length, inputs: 6, skippedCount: 0, elapsedMs: 23, stop: null };
    return summaryLine({ tally, ...run, isStream: false, ...more });
  }

  it('has counts that add up to the proofs', () => {
    const results = VERDICTS.flatMap((verdict, i) =>
      Array.from({ length: i + 1 }, () => result('a', verdict)),
    );
    const line = summary(results);
    expect(line).toMatch(/^Checked 21 proofs from 21 files in 0\.02 s: /);
    const counts = [
      ...line.matchAll(/(\d+) (?:verified|invalid|malformed|untrusted|inconclusive|error)/g),
    ];
    expect(counts.map((match) => Number(match[1]))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('speaks of one proof, of inputs where one is a stream, and of what was skipped', () => {
    const good = [result('a', 'verified')];
    expect(summary(good)).toMatch(/^Checked 1 proof from 1 file .*\. 0 tree heads\.$/);
    expect(summary(good, { isStream: true })).toMatch(/^Checked 1 proof from 1 input /);
    expect(summary(good, { skippedCount: 3 })).toMatch(/ 3 other files skipped\.$/);
  });

  it('counts each distinct head once', () => {
    const tree = { log: 'l', treeSize: 7, rootHash: 'ab', timestampMs: 1, leafIndex: 0 };
    const results = [
      result('a', 'verified', { tree }),
      result('b', 'verified', { tree: { ...tree, leafIndex: 1 } }),
      result('c', 'verified', { tree: { ...tree, timestampMs: 2 } }),
      result('d', 'malformed'),
    ];
    expect(summary(results)).toMatch(/ 2 tree heads\.$/);
  });

  it('says that a run is incomplete, and why', () => {
    const good = [result('a', 'verified')];
    expect(summary(good, { stop: 'interrupted' })).toMatch(/^Interrupted, incomplete: checked 1 /);
    expect(summary(good, { stop: 'fail-fast' })).toMatch(/^Stopped at the first /);
  });
});
