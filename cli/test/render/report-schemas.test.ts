/** SARIF and JUnit files hold to the schemas of those who read them; both validators refuse what does not. @module */

import { readFileSync } from 'node:fs';
import { RunTally } from '@kapsel/verification';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { readFixturePackages } from '../../../test/support/fixture-packages.ts';
import { placeOfFile } from '../../src/inputs/item.ts';
import { junitView } from '../../src/render/junit.ts';
import { sarifView } from '../../src/render/sarif.ts';
import type { View } from '../../src/run-facts.ts';
import { type FakeOptions, runInside } from '../support/fake-host.ts';
import { makeLog } from '../support/make-proof.ts';
import { makeReport } from '../support/make-report.ts';
import { makeFolder } from '../support/run-cli.ts';

const SCHEMAS = new URL('../../../fixtures/schemas/', import.meta.url);
const HOSTILE = 'https://example.com/<![CDATA[x]]>&amp;"\'\u0000\u001b\u202e\ufffe';
const LOG = makeLog(1, [{}, { endpoint_url: HOSTILE }]);
const KEY = ['--public-key', LOG.publicKeyHex];
const BAD = { ...LOG.proof(0), leaf_hash: '00'.repeat(32) };

function folderOfAll(): string {
  const fixtures = readFixturePackages().map(({ name, text }) => [`${name}.json`, text] as const);
  const names = [
    'a&b<c>"d\'.json',
    '\u0001\u001b]0;x\u0007.json',
    '%zz#?.json',
    ' ü\ud83d\ude00.json',
  ];
  return makeFolder({
    ...Object.fromEntries(fixtures),
    ...Object.fromEntries(names.map((name) => [name, BAD])),
    'p.ndjson': `${JSON.stringify(LOG.proof(1))}\n{\n`,
    'x.zip': 'no zip',
  });
}

const RUNS: readonly (readonly [string, readonly string[], FakeOptions])[] = [
  ['everything that can be wrong', ['all'], {}],
  ['only good ones', ['good'], {}],
  ['nothing', ['none-*.json'], {}],
  ['what breaks a rule', ['good', '--require', 'status=500'], {}],
  ['a run that was stopped', ['all'], { stopped: 'interrupted' }],
];

async function reportOf(form: 'sarif' | 'junit', words: readonly string[], how: FakeOptions) {
  const folders: Readonly<Record<string, () => string>> = {
    all: folderOfAll,
    good: () => makeFolder({ 'a.json': LOG.proof(0), 'b.json': LOG.proof(1) }),
  };
  const places = words.map((word) => folders[word]?.() ?? word);
  return (await runInside([...places, `--${form}`, '-', ...KEY], how)).stdout;
}

/** The file of a run with one proof that a required check could not decide. */
function undecided(viewOf: (write: (text: string) => void) => View): string {
  let text = '';
  const view = viewOf((all) => {
    text = all;
  });
  const checks = [{ id: 'anchor', status: 'pending', reason: 'not complete <yet>' }] as const;
  const report = { ...makeReport(), verdict: 'inconclusive' as const, checks };
  const place = placeOfFile('a.json');
  const result = { place, label: 'a.json', report, digest: null, bytes: null };
  const tally = new RunTally();
  tally.add(result.report);
  view.add(result);
  const files = { files: 1, skippedCount: 0, skippedNames: [] };
  view.end({ tally, ...files, elapsedMs: 20, stop: null, exitCode: tally.exitCode(false) });
  return text;
}

describe('SARIF 2.1.0', () => {
  const schema = JSON.parse(readFileSync(new URL('sarif-2.1.0.schema.json', SCHEMAS), 'utf8'));
  // The schema is of draft 4; beyond these two names it uses nothing that later drafts read otherwise.
  const { $schema: _draft, id: _id, ...rules } = schema as Record<string, unknown>;
  const validate = new Ajv({
    strict: false,
    formats: {
      uri: (text: string) => URL.canParse(text),
      'uri-reference': (text: string) =>
        !/[\s<>"{}|\\^`]/.test(text) && URL.canParse(text, 'file:///'),
      'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
    },
  }).compile(rules);

  it.each(RUNS)('%s', async (_what, words, how) => {
    const text = await reportOf('sarif', words, how);
    validate(JSON.parse(text));
    expect(validate.errors).toBeNull();
  });

  it('tells what is not decided as a warning', () => {
    const document = JSON.parse(undecided(sarifView));
    expect(document.runs[0].results[0].level).toBe('warning');
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('is refused where it is broken', async () => {
    const text = await reportOf('sarif', ['all'], {});
    const results = JSON.parse(text).runs[0].results as unknown[];
    expect(results.length).toBeGreaterThan(100);
    for (const [from, to] of [
      ['"version": "2.1.0"', '"version": "2.0.0"'],
      ['"level": "error"', '"level": "fatal"'],
      ['"startLine": 1', '"startLine": 0'],
      ['"ruleId"', '"rule"'],
    ] as const) {
      expect(validate(JSON.parse(text.replace(from, to)))).toBe(false);
    }
  });
});

describe('JUnit', () => {
  const schema = readFileSync(new URL('junit-jenkins.xsd', SCHEMAS), 'utf8');

  async function faultsOf(contents: string): Promise<readonly string[]> {
    const xml = [{ fileName: 'junit.xml', contents }];
    const { valid, errors } = await validateXML({ xml, schema: [schema], initialMemoryPages: 512 });
    return valid ? [] : errors.map(({ message }) => message);
  }

  it.each(RUNS)('%s', async (_what, words, how) => {
    expect(await faultsOf(await reportOf('junit', words, how))).toEqual([]);
  });

  it('tells what is not decided as skipped', async () => {
    const text = undecided(junitView);
    expect(text).toMatch(/skipped="1"[\s\S]*<skipped>not complete &#60;yet&#62;<\/skipped>/);
    expect(await faultsOf(text)).toEqual([]);
  });

  it('is refused where it is broken', async () => {
    const text = await reportOf('junit', ['all'], {});
    for (const [from, to] of [
      ['<testcase', '<case'],
      [' name=', ' title='],
      ['</testsuites>', ''],
      ['<failure', '<failure extra="1"'],
    ] as const) {
      expect(await faultsOf(text.replace(from, to))).not.toEqual([]);
    }
  });
});
