/** JUnit, SARIF, pages and Markdown: counts that add up, names that differ, and no markup from files. @module */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { xml } from '../../src/render/junit.ts';
import { codeSpan, html } from '../../src/render/markdown.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog } from '../support/make-proof.ts';
import { makeFolder } from '../support/run-cli.ts';

const HOSTILE = 'https://example.com/<script>alert(1)</script>`|"\'&\u0000\u001b]]>';
const LOG = makeLog(1, [{}, { endpoint_url: HOSTILE }]);
const KEY = ['--public-key', LOG.publicKeyHex];
const BAD = { ...LOG.proof(0), leaf_hash: '00'.repeat(32) };

function folderOfProofs(): string {
  return makeFolder({
    'a.json': LOG.proof(0),
    'bad<&>.json': BAD,
    'other.json': makeLog(2, [{}]).proof(0),
    'p.ndjson': `${JSON.stringify(LOG.proof(1))}\n{\n`,
  });
}

/** A text is well-formed enough when tags nest and no loose markup is left between them. */
function assertWellFormed(text: string): void {
  const open: string[] = [];
  const rest = text.replace(
    /<\?xml[^>]*\?>|<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g,
    (all, close, name, _attributes, empty) => {
      if (all.startsWith('<?')) return '';
      if (close === '/') expect(open.pop()).toBe(name);
      else if (empty !== '/') open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!#\d+;)/);
}

describe('--junit', () => {
  it('has one case a proof, in the right class, with names that differ', async () => {
    const folder = folderOfProofs();
    const file = join(folder, 'junit.xml');
    const twice = join(folder, 'a.json');
    const run = await runInside([folder, twice, '--junit', file, ...KEY]);
    expect(run.code).toBe(1);
    const text = readFileSync(file, 'utf8');
    assertWellFormed(text);
    const names = [...text.matchAll(/ name="([^"]*)" time/g)].map(([, name]) => name);
    expect(names).toHaveLength(6);
    expect(new Set(names).size).toBe(6);
    expect(text).toContain('tests="6" failures="2" errors="1" skipped="0"');
    expect(text).toMatch(/<failure type="E_LEAF_HASH"/);
    expect(text).toMatch(/<error type="E_JSON"/);
    expect(text).toMatch(/p\.ndjson#2"/);
  });

  it('leaves out what XML cannot hold', () => {
    expect(xml('a\u0000b\ud800c\u001bd<&>"\ufffe')).toBe('abcd&#60;&#38;&#62;&#34;');
  });
});

describe('--sarif', () => {
  it('has a rule for each code used, a place and a fingerprint for each result', async () => {
    const folder = folderOfProofs();
    const run = await runInside([folder, '--sarif', '-', ...KEY]);
    const { version, runs } = JSON.parse(run.stdout) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string; help: { text: string } }[] } };
        results: {
          ruleId: string;
          message: { text: string };
          partialFingerprints: Record<string, string>;
          locations: {
            physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
          }[];
        }[];
      }[];
    };
    expect(version).toBe('2.1.0');
    const results = runs[0]?.results ?? [];
    expect(results.map(({ ruleId }) => ruleId)).toEqual(['E_LEAF_HASH', 'E_KEY_UNKNOWN', 'E_JSON']);
    const rules = runs[0]?.tool.driver.rules.map(({ id }) => id) ?? [];
    expect(new Set(rules)).toEqual(new Set(results.map(({ ruleId }) => ruleId)));
    for (const { locations, partialFingerprints } of results) {
      expect(
        () => new URL(locations[0]?.physicalLocation.artifactLocation.uri ?? ''),
      ).not.toThrow();
      expect(partialFingerprints['kapselInput/v1']).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(results[2]?.locations[0]?.physicalLocation.region.startLine).toBe(2);
  });
});

describe('--report', () => {
  it('writes a page and a Markdown file that no file can put markup into', async () => {
    const folder = folderOfProofs();
    const files = ['r.html', 'r.md'].map((name) => join(folder, name));
    const run = await runInside([folder, ...files.flatMap((file) => ['--report', file]), ...KEY]);
    expect(run.code).toBe(1);
    const [page = '', markdown = ''] = files.map((file) => readFileSync(file, 'utf8'));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|bad<&>/);
    expect(page).toContain('3 of 5 proofs are not verified');
    expect(markdown).not.toMatch(/<script/);
    for (const line of markdown.split('\n').filter((each) => each.startsWith('| `'))) {
      expect(line.match(/\|/g)).toHaveLength(4);
    }
  });

  it('refuses other names, and tells what cannot be written', async () => {
    const file = join(makeFolder({ 'a.json': LOG.proof(0) }), 'a.json');
    expect((await runInside([file, '--report', 'x.pdf', ...KEY])).code).toBe(2);
    const run = await runInside([file, '--junit', '/nowhere/at/all.xml', ...KEY]);
    expect(run.code).toBe(6);
    expect(run.stderr).toContain('[E_IO]');
  });

  it('lets one thing alone onto stdout', async () => {
    for (const words of [
      ['--json', '--explain=sh'],
      ['--junit', '-', '--sarif', '-'],
    ]) {
      expect((await runInside(['-', ...words, ...KEY])).code).toBe(2);
    }
  });
});

describe('--explain', () => {
  const stdin = JSON.stringify(LOG.proof(1));

  it('as JSON has every step with its values', async () => {
    const run = await runInside(['-', '--explain=json', ...KEY], { stdin });
    const line = JSON.parse(run.stdout) as { steps: { kind: string }[]; verdict: string };
    expect(line.verdict).toBe('verified');
    expect(line.steps.map(({ kind }) => kind)).toEqual(['leaf', 'path', 'root', 'signature']);
  });

  it('as Markdown is a page for a file, in which nothing is markup', async () => {
    const run = await runInside(['-', '--explain=md', ...KEY], { stdin });
    expect(run.stdout).toMatch(/^# Proof verified successfully!\n/);
    expect(run.stdout).not.toContain('<script');
    expect(run.stdout.match(/```/g)).toHaveLength(2);
    const bad = await runInside(['-', '--explain=md', ...KEY], { stdin: JSON.stringify(BAD) });
    expect(bad.stdout).toContain('E_LEAF_HASH');
    expect(bad.stdout).toContain('(claimed by the file, not shown)');
  });
});

it('text of files is neither Markdown nor HTML', () => {
  expect(codeSpan('`a`|<b>\u202e')).toBe('`ˋaˋ¦‹b›\\u202e`');
  expect(html('<a href="x">&\'')).toBe('&#60;a href=&#34;x&#34;&#62;&#38;&#39;');
});
