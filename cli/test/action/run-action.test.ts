/** The committed action under a runner made of files and variables: good, bad, empty and hostile inputs. @module */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { part } from '../../../test/support/parts.ts';
import { findRuntimes } from '../../../test/support/runtimes.ts';
import { bundleOf } from '../../scripts/bundle.mjs';
import { INPUT_NAMES } from '../../src/action/action-inputs.ts';
import { makeLog } from '../support/make-proof.ts';
import { ACTION, ACTION_FILE, readCommands, runActionStep } from '../support/run-action.ts';
import { makeFolder, runProcess } from '../support/run-cli.ts';
import { SOCKET_TRAP } from '../support/socket-trap.ts';

const LOG = makeLog(1, [{}, {}]);
const GOOD = LOG.proof(0);
const BAD = { ...LOG.proof(1), leaf_hash: '00'.repeat(32) };
const UNTRUSTED = makeLog(2, [{}]).proof(0);
const KEY = { 'public-key': LOG.publicKeyHex };

describe('action.yml', () => {
  it('declares the inputs that are read, and the outputs that are written', async () => {
    expect(Object.keys(ACTION.inputs)).toEqual([...INPUT_NAMES]);
    const workspace = makeFolder({ 'a.json': GOOD });
    const { outputs } = await runActionStep({ proofs: 'a.json', ...KEY }, { workspace });
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(ACTION.outputs).sort());
    const refused = await runActionStep({ proofs: 'a.json' }, { workspace });
    expect(Object.keys(refused.outputs).sort()).toEqual(Object.keys(ACTION.outputs).sort());
  });

  it('names a file that runs on the Node of today’s runners', () => {
    expect(ACTION.runs.using).toBe('node24');
    expect(existsSync(ACTION_FILE)).toBe(true);
  });

  it('is the committed file what the sources give: npm run build:action', {
    timeout: 60_000,
  }, async () => {
    const { code, notices } = await bundleOf(new URL('../../src/action/main.ts', import.meta.url));
    expect(readFileSync(ACTION_FILE, 'utf8') === code).toBe(true);
    const licences = join(ACTION_FILE, '../THIRD-PARTY-LICENSES');
    expect(readFileSync(licences, 'utf8')).toBe(notices);
    expect(code).not.toMatch(/\r/);
  });
});

describe('a step', () => {
  it('passes when every proof is verified', async () => {
    const workspace = makeFolder({ 'a.json': GOOD, 'b.ndjson': `${JSON.stringify(GOOD)}\n` });
    const run = await runActionStep({ proofs: '\n  a.json\n*.ndjson\n', ...KEY }, { workspace });
    expect(run).toMatchObject({ code: 0, stderr: '', commands: [] });
    expect(run.outputs).toEqual({
      verdict: 'verified',
      'exit-code': '0',
      verified: '2',
      invalid: '0',
      malformed: '0',
      untrusted: '0',
      inconclusive: '0',
      error: '0',
      total: '2',
      report: '',
      junit: '',
      sarif: '',
    });
    expect(run.summary).toMatch(/^## All proofs are verified\n/);
    expect(run.stdout).toContain('2 verified');
  });

  it('fails for the worst of several, and says which', async () => {
    const workspace = makeFolder({
      'a.json': GOOD,
      'b.json': BAD,
      'c.json': UNTRUSTED,
      'p.ndjson': `${JSON.stringify(GOOD)}\n{\n`,
    });
    const inputs = { proofs: '*.json\np.ndjson', json: 'r.json', junit: 'j.xml', sarif: 's.sarif' };
    const run = await runActionStep({ ...inputs, ...KEY }, { workspace });
    expect(run.code).toBe(1);
    expect(run.outputs).toMatchObject({
      verdict: 'invalid',
      'exit-code': '1',
      verified: '2',
      invalid: '1',
      malformed: '1',
      untrusted: '1',
      total: '5',
      report: 'r.json',
      junit: 'j.xml',
      sarif: 's.sarif',
    });
    expect(
      run.commands.map(({ name, properties }) => [name, properties.file, properties.line]),
    ).toEqual([
      ['error', 'b.json', undefined],
      ['error', 'c.json', undefined],
      ['error', 'p.ndjson', '2'],
    ]);
    expect(run.commands[0]?.data).toContain('[E_LEAF_HASH]');
    expect(run.summary).toMatch(/^## 3 of 5 proofs are not verified\n/);
    expect(run.summary.match(/^\| `/gm)).toHaveLength(3);
    const report = JSON.parse(readFileSync(join(workspace, 'r.json'), 'utf8'));
    expect(report).toMatchObject({ verdict: 'invalid', exit_code: 1, summary: { proofs: 5 } });
    expect(readFileSync(join(workspace, 'j.xml'), 'utf8')).toContain(
      'tests="5" failures="2" errors="1"',
    );
    expect(
      JSON.parse(readFileSync(join(workspace, 's.sarif'), 'utf8')).runs[0].results,
    ).toHaveLength(3);
  });

  it('obeys what it is to leave out', async () => {
    const workspace = makeFolder({ 'b.json': BAD });
    const inputs = { proofs: 'b.json', summary: 'false', annotations: 'False', ...KEY };
    const run = await runActionStep(inputs, { workspace });
    expect(run).toMatchObject({ code: 1, summary: '', commands: [] });
  });

  it('holds each proof against the rules that are required', async () => {
    const workspace = makeFolder({ 'a.json': GOOD });
    const inputs = { proofs: 'a.json', ...KEY };
    const met = await runActionStep(
      { ...inputs, require: 'status=2xx\noutcome=delivered' },
      { workspace },
    );
    expect(met.code).toBe(0);
    const missed = await runActionStep({ ...inputs, require: 'status=500' }, { workspace });
    expect(missed).toMatchObject({ code: 4, outputs: { verdict: 'untrusted' } });
  });

  it('takes keys from a trust file', async () => {
    const keys = [{ name: 'acme', kind: 'log', public_key: LOG.publicKeyHex }];
    const workspace = makeFolder({ 'a.json': GOOD, 't.json': { format: 'kapsel.trust/v1', keys } });
    const run = await runActionStep({ proofs: 'a.json', 'trust-file': 't.json' }, { workspace });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('signed by acme');
  });

  it.skipIf(!part('runtimes'))('gives the same on Node 24', async () => {
    const node = findRuntimes()?.find(({ major }) => major === 24)?.executable ?? '';
    const workspace = makeFolder({ 'a.json': GOOD, 'b.json': BAD });
    const inputs = { proofs: '*.json', ...KEY };
    const here = await runActionStep(inputs, { workspace });
    const there = await runActionStep(inputs, { workspace, node });
    expect(there.outputs).toEqual(here.outputs);
    expect(there.commands).toEqual(here.commands);
    expect(there).toMatchObject({ code: 1, stderr: '' });
  });
});

describe('a step that has nothing to check fails', () => {
  it.each([
    ['no key', { proofs: 'a.json' }, 2],
    ['no proofs', { proofs: '', ...KEY }, 3],
    ['a pattern that matches nothing', { proofs: 'nothing-*.json', ...KEY }, 3],
    ['an empty folder', { proofs: 'empty', ...KEY }, 3],
    ['a missing file', { proofs: 'absent.json', ...KEY }, 6],
    ['standard input', { proofs: '-', ...KEY }, 2],
    ['a switch that is none', { proofs: 'a.json', summary: 'maybe', ...KEY }, 2],
    ['a verdict that is none', { proofs: 'a.json', 'fail-on': 'verified', ...KEY }, 2],
    ['a report of another kind', { proofs: 'a.json', json: 'r.html', ...KEY }, 2],
    ['a report that cannot be written', { proofs: 'a.json', junit: 'no/such/j.xml', ...KEY }, 6],
    ['a private key', { proofs: 'a.json', 'public-key': LOG.privateKeyPem }, 2],
  ])('%s', async (_what, inputs, code) => {
    const workspace = makeFolder({ 'a.json': GOOD });
    mkdirSync(join(workspace, 'empty'));
    const run = await runActionStep(inputs as Record<string, string>, { workspace });
    expect(run.code).toBe(code);
    expect(run.outputs['exit-code']).toBe(String(code));
    expect(run.stdout + run.summary).not.toContain(LOG.privateKeyPem.split('\n')[1]);
  });

  it('a key of the machine is not one of the workflow', async () => {
    const keys = [{ name: 'acme', kind: 'log', public_key: LOG.publicKeyHex }];
    const workspace = makeFolder({ 'a.json': GOOD, 't.json': { format: 'kapsel.trust/v1', keys } });
    const env = { KAPSEL_TRUST: join(workspace, 't.json') };
    expect((await runActionStep({ proofs: 'a.json' }, { workspace, env })).code).toBe(2);
  });
});

describe('fail-on', () => {
  const files = { 'a.json': GOOD, 'c.json': UNTRUSTED };

  it('lets untrusted through where it is left out, and still tells the verdict', async () => {
    const inputs = { proofs: '*.json', 'fail-on': 'invalid, malformed', ...KEY };
    const run = await runActionStep(inputs, { workspace: makeFolder(files) });
    expect(run).toMatchObject({ code: 0, outputs: { verdict: 'untrusted', 'exit-code': '4' } });
    expect(run.commands.map(({ name }) => name)).toEqual(['warning']);
  });

  it.each([
    ['invalid', { 'b.json': BAD }, 1],
    ['malformed', { 'd.json': '{' }, 3],
    ['nothing found', {}, 3],
    ['not readable', {}, 6],
  ])('never lets %s through, also beside what it lets through', async (what, more, code) => {
    const workspace = makeFolder({ ...files, ...more });
    const missing =
      what === 'nothing found' ? '\nno-*.x' : what === 'not readable' ? '\nabsent' : '';
    const inputs = { proofs: `*.json${missing}`, 'fail-on': 'inconclusive', ...KEY };
    expect((await runActionStep(inputs, { workspace })).code).toBe(code);
  });

  it('does not let a report that cannot be written through', async () => {
    const inputs = { proofs: '*.json', 'fail-on': 'invalid', sarif: 'no/s.sarif', ...KEY };
    expect((await runActionStep(inputs, { workspace: makeFolder(files) })).code).toBe(6);
  });
});

describe('text from files speaks to nobody', () => {
  const COMMANDS = [
    '\n::set-output name=verdict::verified\n',
    '\r\n::add-mask::e\r\n',
    '\u2028::error::x',
    '##[set-env name=NODE_OPTIONS;]--require=/x',
    ' ##[error]x',
    '%0A::warning::x',
    '::stop-commands::x',
  ];
  const hostile = makeLog(
    3,
    COMMANDS.map((text) => ({ endpoint_url: `https://example.com/${text}` })),
  );

  it.each([
    ['verified', hostile.publicKeyHex, ''],
    ['untrusted', LOG.publicKeyHex, ''],
    ['untrusted', hostile.publicKeyHex, 'endpoint=https://example.com/'],
  ])('in the log of what is %s', async (verdict, key, rule) => {
    const workspace = makeFolder(
      Object.fromEntries(COMMANDS.map((_, i) => [`${i}.json`, hostile.proof(i)])),
    );
    const inputs = { proofs: '.', 'public-key': key, require: rule };
    const run = await runActionStep(inputs, { workspace });
    expect(run.stderr).toBe('');
    expect(run.outputs).toMatchObject({ verdict, [verdict]: String(COMMANDS.length) });
    const files = verdict === 'verified' ? [] : COMMANDS.map((_, i) => `${i}.json`);
    expect(run.commands.map(({ name, properties }) => [name, properties.file])).toEqual(
      files.map((file) => ['error', file]),
    );
    // Without the pair around it the same text would have been commands.
    if (verdict === 'verified') {
      const unguarded = run.stdout.replace(/^::stop-commands::.*$/m, '');
      expect(readCommands(unguarded, '').length).toBeGreaterThan(0);
    }
  });

  it('in the names of files, entries and inputs', async () => {
    const names = [
      'a\n::error::x.json',
      'b::warning file=x,line=1::y.json',
      'c##[error]z.json',
      '%0Ad,e=f.json',
    ];
    const workspace = makeFolder(Object.fromEntries(names.map((name) => [name, '{'])));
    const run = await runActionStep({ proofs: '.\n::error::\n##[error]', ...KEY }, { workspace });
    expect(run.code).toBe(3);
    expect(run.commands).toHaveLength(names.length + 2);
    expect(run.commands.every(({ name, data }) => name === 'error' && !data.includes('\n'))).toBe(
      true,
    );
    expect(run.commands.map(({ properties }) => properties.line)).toEqual(
      run.commands.map(() => undefined),
    );
    expect(run.outputs.total).toBe(String(names.length + 2));
  });

  it('in the summary: no markup, no second cell', async () => {
    const urls = [
      '`|<img src=x onerror=alert(1)>|`',
      '<!-- ',
      '</details>',
      '[x](javascript:y) @all #1',
    ];
    const log = makeLog(
      4,
      urls.map((url) => ({ endpoint_url: `https://example.com/${url}` })),
    );
    const workspace = makeFolder(
      Object.fromEntries(urls.map((_, i) => [`${i}|<b>\`.json`, log.proof(i)])),
    );
    const inputs = { proofs: '.', 'public-key': log.publicKeyHex, require: 'status=500' };
    const { summary } = await runActionStep(inputs, { workspace });
    const rows = summary.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toHaveLength(urls.length);
    for (const row of rows) expect(row).toMatch(/^\| `[^`|<>]+` \| untrusted \| `[^`|<>]+` \|$/);
    expect(summary.match(/<[^>]*>/g)).toEqual([
      '<details>',
      '<summary>',
      '</summary>',
      '</details>',
    ]);
  });

  it('the two forms of a command are seen by the reader of this test', () => {
    const text =
      'a\n::error file=a%2Cb,line=2::x%0Ay\n  ::debug::z\nq ##[add-mask]s\n::stop-commands::t\n::error::no\n::t::\n::notice::yes';
    expect(readCommands(text, '::warning::w').map(({ name, data }) => [name, data])).toEqual([
      ['warning', 'w'],
      ['error', 'x\ny'],
      ['debug', 'z'],
      ['add-mask', 's'],
      ['notice', 'yes'],
    ]);
  });
});

it('opens no socket and asks no name server', async () => {
  const workspace = makeFolder({ 'a.json': GOOD, 'b.json': BAD, 'trap.mjs': SOCKET_TRAP });
  const inputs = { proofs: '*.json', sarif: 's.sarif', junit: 'j.xml', json: 'r.json', ...KEY };
  const trap = { NODE_OPTIONS: `--import=${pathToFileURL(join(workspace, 'trap.mjs'))}` };
  const run = await runActionStep(inputs, { workspace, env: trap });
  expect(run).toMatchObject({ code: 1, stderr: '' });
  expect(existsSync(join(workspace, 'attempt'))).toBe(false);
  // The trap itself works.
  await runActionStep(inputs, { workspace, env: { ...trap, TRY: '1' } });
  expect(existsSync(join(workspace, 'attempt'))).toBe(true);
});

describe('a large step', () => {
  it('stays below the bounds of a runner', async () => {
    const long = '\u{e0041}'.repeat(1_500);
    const log = makeLog(5, [{ endpoint_url: `https://example.com/${long}` }]);
    const line = `${JSON.stringify(log.proof(0))}\n`;
    const workspace = makeFolder({ [`${'n'.repeat(240)}.ndjson`]: line.repeat(400) });
    const run = await runActionStep({ proofs: '*.ndjson', ...KEY }, { workspace });
    expect(run.code).toBe(4);
    expect(run.commands).toHaveLength(10);
    expect(run.commands.at(-1)?.data).toContain('391 more');
    expect(Buffer.byteLength(run.summary)).toBeLessThan(900 * 1024);
    expect(run.summary.match(/^\| `/gm)).toHaveLength(200);
    expect(run.summary).toContain('200 more are not listed.');
    expect(run.summary).toMatch(/<\/details>\n$/);
  });
});

it('with words the committed file is the command', async () => {
  const workspace = makeFolder({ 'a.json': GOOD });
  const words = ['-q', '--public-key', LOG.publicKeyHex, 'a.json'];
  const run = await runProcess(ACTION_FILE, words, { cwd: workspace });
  expect(run).toMatchObject({ code: 0, stderr: '' });
});
