/** Each code is provoked through the built program and ends with the exit code of the table; a list finds the missing one. @module */
import { ERROR_CODES, type ErrorCode } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { readFixturePackages } from '../../test/support/fixture-packages.ts';
import { exitCodeFromError } from '../src/exit-code.ts';
import { HEAD_TIME_MS, makeLog } from './support/make-proof.ts';
import { makeFolder, runCli } from './support/run-cli.ts';

const LOG = makeLog(1, [{}, {}, {}]);
const FORK = makeLog(1, [{}, {}, { attempt_number: 2 }]);
const KEY = ['--public-key', LOG.publicKeyHex];
const PROOF = JSON.stringify(LOG.proof(0));
const NOW = ['--now', '2026-01-30T10:31:00Z'];

interface Provocation {
  readonly words: readonly string[];
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, unknown>>;
}

const heads = (older: unknown, newer: unknown, proof?: unknown): Provocation => ({
  words: [
    'consistency',
    'old',
    'new',
    ...(proof === undefined ? [] : ['--proof', 'proof']),
    ...KEY,
  ],
  files: { old: older, new: newer, ...(proof === undefined ? {} : { proof }) },
});
const trust = (more: Record<string, unknown>) => ({
  format: 'kapsel.trust/v1',
  keys: [{ name: 'a', kind: 'log', public_key: LOG.publicKeyHex, ...more }],
});

const OWN: Partial<Record<ErrorCode, Provocation>> = {
  E_USAGE: { words: ['-', '--nonsense', ...KEY] },
  E_NO_KEY: { words: ['-'], stdin: PROOF },
  E_KEY_FORMAT: { words: ['-', '--public-key', 'nothing'] },
  E_KEY_PRIVATE: { words: ['-', '--public-key', LOG.privateKeyPem] },
  E_NO_INPUT: { words: ['nothing-*.json', ...KEY] },
  E_IO: { words: ['absent.json', ...KEY] },
  E_NET: { words: ['watch', 'http://127.0.0.1:9', '--once', '--state', 's', ...KEY] },
  E_PAYLOAD_HASH: { words: ['-', '--payload-hash', '00'.repeat(32), ...KEY], stdin: PROOF },
  E_POLICY: { words: ['-', '--require', 'status=500', ...KEY], stdin: PROOF },
  E_KEY_WINDOW: {
    words: ['-', '--trust', 'trust.json'],
    stdin: PROOF,
    files: { 'trust.json': trust({ until: '2020-01-01T00:00:00Z' }) },
  },
  E_ROLLBACK: heads(LOG.head(3, HEAD_TIME_MS), LOG.head(2, HEAD_TIME_MS + 1)),
  E_SPLIT_VIEW: heads(LOG.head(3, HEAD_TIME_MS), FORK.head(3, HEAD_TIME_MS + 1)),
  E_CONSISTENCY: heads(LOG.head(2, HEAD_TIME_MS), LOG.head(3, HEAD_TIME_MS + 1), {
    ...LOG.consistency(2, 3),
    proof_hashes: ['00'.repeat(32)],
  }),
};

// The core does not look at these parts yet, so no input leads to them. An entry that becomes reachable must go.
const NOT_REACHED: readonly ErrorCode[] = [
  'E_RECEIPT',
  'E_RECEIPT_KEY',
  'E_ANCHOR_MISMATCH',
  'E_ANCHOR_PENDING',
  'E_ANCHOR_HEADER',
  'E_DISCLOSURE',
];
// Its own mistake: provoked in main.test.ts by breaking the program from outside.
const ELSEWHERE: readonly ErrorCode[] = ['E_INTERNAL'];

const fixtures = new Map(readFixturePackages().map((fixture) => [fixture.expect, fixture]));

function provocationOf(code: ErrorCode): Provocation | null {
  const fixture = fixtures.get(code);
  if (fixture === undefined) return OWN[code] ?? null;
  return { words: ['-', ...NOW, '--public-key', fixture.publicKey], stdin: fixture.text };
}

const reached = ERROR_CODES.filter((code) => ![...NOT_REACHED, ...ELSEWHERE].includes(code));

it('there is a provocation for each code, and none for those that nothing leads to', () => {
  expect(reached.filter((code) => provocationOf(code) === null)).toEqual([]);
  expect(NOT_REACHED.filter((code) => provocationOf(code) !== null)).toEqual([]);
});

describe.each(reached)('%s', (code) => {
  it('is told with its name and ends with its exit code', async () => {
    const { words, stdin = '', files = {} } = provocationOf(code) ?? { words: [] };
    const run = await runCli(words, { stdin, cwd: makeFolder(files) });
    expect(run.stdout + run.stderr).toContain(`[${code}]`);
    expect(run.code).toBe(exitCodeFromError(code));
  });
});
