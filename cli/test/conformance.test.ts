/** Every fixture gets the same verdict and code from the command and from the action as from the core. The page's part stands in web-verifier/test/app.test.ts. @module */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bytesFromHex,
  followKeyStatements,
  leadingFailure,
  verifyProofPackage,
} from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  FIXTURES_NOW_MS,
  type FixturePackage,
  readFixturePackages,
} from '../../test/support/fixture-packages.ts';
import { runActionStep } from './support/run-action.ts';
import { makeFolder, runCli } from './support/run-cli.ts';

const FIXTURES = readFixturePackages();
const KEYS = [...new Set(FIXTURES.map(({ publicKey }) => publicKey))];
const NOW = new Date(FIXTURES_NOW_MS).toISOString();

interface Answer {
  readonly name: string;
  readonly verdict: string;
  readonly code: string | null;
}

function answerOfCore({ name, text, publicKey }: FixturePackage): Answer {
  const trust = { keys: [{ publicKey: bytesFromHex(publicKey), name: null }] };
  const report = verifyProofPackage(text, trust, { nowMs: FIXTURES_NOW_MS, followKeyStatements });
  return { name, verdict: report.verdict, code: leadingFailure(report)?.code ?? null };
}

function answersOfReport(text: string): Answer[] {
  const { results } = JSON.parse(text) as {
    results: {
      input: { path: string };
      verdict: string;
      checks: { status: string; code?: string }[];
    }[];
  };
  return results.map(({ input, verdict, checks }) => ({
    name: input.path.replace(/^.*\/|\.json$/g, ''),
    verdict,
    code: checks.find(({ status }) => status === 'fail')?.code ?? null,
  }));
}

function under(publicKey: string): readonly FixturePackage[] {
  return FIXTURES.filter((fixture) => fixture.publicKey === publicKey);
}

function folderOf(fixtures: readonly FixturePackage[]): string {
  return makeFolder(Object.fromEntries(fixtures.map(({ name, text }) => [`p/${name}.json`, text])));
}

it('there is much to compare', () => {
  expect(FIXTURES.length).toBeGreaterThan(100);
  expect(new Set(FIXTURES.map((fixture) => answerOfCore(fixture).verdict)).size).toBeGreaterThan(3);
  for (const fixture of FIXTURES) {
    expect(answerOfCore(fixture).code ?? 'verified').toBe(fixture.expect);
  }
});

describe.each(KEYS)('fixtures under the key %s', (publicKey) => {
  const fixtures = under(publicKey);
  const expected = fixtures.map(answerOfCore);

  it('from the command', async () => {
    const words = ['p', '--json', '--now', NOW, '--public-key', publicKey];
    const { stdout, stderr } = await runCli(words, { cwd: folderOf(fixtures) });
    expect(stderr).toBe('');
    expect(answersOfReport(stdout)).toEqual(expected);
  });

  it('from the action', async () => {
    const workspace = folderOf(fixtures);
    // The action has no input for the time: its Node gets a clock that stands.
    const clock = makeFolder({ 'clock.cjs': `Date.now = () => ${FIXTURES_NOW_MS};` });
    const env = { NODE_OPTIONS: `--require=${join(clock, 'clock.cjs')}` };
    const inputs = { proofs: 'p', 'public-key': publicKey, json: 'report.json' };
    const { outputs } = await runActionStep(inputs, { workspace, env });
    expect(answersOfReport(readFileSync(join(workspace, 'report.json'), 'utf8'))).toEqual(expected);
    expect(outputs.total).toBe(String(fixtures.length));
  });
});
