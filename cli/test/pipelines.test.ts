/** The recipes of docs/pipelines.md, each run as its pipeline would run it. @module */

import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { makeLog } from './support/make-proof.ts';
import { ACTION, runActionStep } from './support/run-action.ts';
import { MAIN, makeFolder, type Run, runProcess, writeContent } from './support/run-cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOG = makeLog(1, [{}]);
const GOOD = LOG.proof(0);
const BAD = { ...GOOD, leaf_hash: '00'.repeat(32) };
const VERSION = manifestVersion();

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function manifestVersion(): string {
  return (JSON.parse(read('cli/package.json')) as { version: string }).version;
}

/** The block of code under a heading of the page. */
function recipe(heading: string): string {
  const section = read('docs/pipelines.md').split(`\n## ${heading}\n`)[1] ?? '';
  const block = /```\w+\n([\s\S]*?)```/.exec(section)?.[1];
  if (block === undefined) throw new Error(`no recipe under ${heading}`);
  return block;
}

/** A repository with the files that the recipes name, and the command on the way to programs. */
function makeRepository(files: Readonly<Record<string, unknown>>): string {
  const folder = makeFolder({
    'keys/log.pem': LOG.publicKeyPem,
    'bin/kapsel-verify': `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`,
    ...files,
  });
  chmodSync(join(folder, 'bin/kapsel-verify'), 0o755);
  return folder;
}

function runShell(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  const path = `${join(cwd, 'bin')}:${process.env.PATH ?? ''}`;
  return runProcess('/bin/sh', ['-c', script], { cwd, env: { ...env, PATH: path } });
}

describe('GitHub Actions', () => {
  interface Workflow {
    readonly permissions: unknown;
    readonly jobs: { readonly verify: { readonly steps: readonly Step[] } };
  }
  interface Step {
    readonly uses: string;
    readonly with?: Readonly<Record<string, string>>;
  }

  it('the recipe names inputs that exist, and does what it says', async () => {
    const { jobs } = parse(recipe('GitHub Actions')) as Workflow;
    const step = jobs.verify.steps.find(({ uses }) => uses.startsWith('kapsel/kapsel@'));
    const inputs = step?.with ?? {};
    expect(step?.uses).toBe(`kapsel/kapsel@v${VERSION}`);
    expect(Object.keys(ACTION.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)));
    const workspace = makeRepository({ 'proofs/a.json': GOOD });
    // The second place of the recipe is empty here.
    expect((await runActionStep(inputs, { workspace })).code).toBe(3);
    const proofs = { ...inputs, proofs: 'proofs/' };
    expect((await runActionStep(proofs, { workspace })).code).toBe(0);
    writeContent(join(workspace, 'proofs/b.json'), BAD);
    expect((await runActionStep(proofs, { workspace })).code).toBe(1);
    expect(readFileSync(join(workspace, 'kapsel-junit.xml'), 'utf8')).toContain('failures="1"');
  });

  it('the page names every input and output', () => {
    const page = read('docs/pipelines.md');
    for (const name of [...Object.keys(ACTION.inputs), ...Object.keys(ACTION.outputs)]) {
      expect(page).toContain(`\`${name}\``);
    }
  });

  it('the workflow of this repository expects of the bundles what the step says of them', async () => {
    const { jobs } = parse(read('.github/workflows/ci.yml')) as {
      jobs: Record<
        string,
        {
          steps: readonly (Step & {
            readonly id?: string;
            readonly run?: string;
            readonly env?: Readonly<Record<string, string>>;
          })[];
        }
      >;
    };
    const steps = jobs.proofs?.steps ?? [];
    const ours = steps.filter(({ uses }) => uses === './');
    expect(ours.map(({ id }) => id)).toEqual(['valid', 'altered']);
    const results: Record<string, Awaited<ReturnType<typeof runActionStep>>> = {};
    for (const { id = '', with: inputs = {} } of ours) {
      const workspace = makeFolder();
      const given = {
        ...inputs,
        proofs: (inputs.proofs ?? '').replaceAll('fixtures/', `${ROOT}fixtures/`),
      };
      results[id] = await runActionStep(given, { workspace });
    }
    expect(results.valid).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
    expect(results.altered).toMatchObject({ code: 1, outputs: { verdict: 'invalid' } });
    // The last step compares; it is run with what the others gave.
    const { run = '', env = {} } = steps.at(-1) ?? {};
    const outcome = (id: string) => (results[id]?.code === 0 ? 'success' : 'failure');
    const filled = Object.fromEntries(
      Object.entries(env).map(([name, text]) => [
        name,
        text.replace(
          /\$\{\{ steps\.(\w+)\.(?:outcome|outputs\.([\w-]+)) \}\}/g,
          (_all, id, output) =>
            output === undefined ? outcome(id) : (results[id]?.outputs[output] ?? ''),
        ),
      ]),
    );
    expect(Object.values(filled).join()).not.toContain('${{');
    expect(await runProcess('/bin/sh', ['-ec', run], { env: filled })).toMatchObject({ code: 0 });
    const [first = ''] = Object.keys(filled);
    const spoilt = { ...filled, [first]: 'x' };
    expect((await runProcess('/bin/sh', ['-ec', run], { env: spoilt })).code).not.toBe(0);
  });
});

describe('GitLab', () => {
  interface Job {
    readonly variables: Readonly<
      Record<string, { readonly value: string; readonly expand: boolean }>
    >;
    readonly before_script: readonly string[];
    readonly script: readonly string[];
    readonly artifacts: { readonly when: string; readonly reports: { readonly junit: string } };
  }
  const [header, body] = parseAllDocuments(read('.ci/gitlab/verify.yml')).map((document) =>
    document.toJS(),
  ) as [{ spec: { inputs: Record<string, { default?: string }> } }, Readonly<Record<string, Job>>];
  const job = body['kapsel-verify'];

  /** As GitLab does it: inputs into the texts, then variables, then the lines of the script in one shell. */
  function runJob(given: Readonly<Record<string, string>>, cwd: string): Promise<Run> {
    const inputOf = (name: string): string => {
      const value = given[name] ?? header.spec.inputs[name]?.default;
      if (value === undefined) throw new Error(`no input ${name}`);
      return value;
    };
    const variables = Object.entries(job?.variables ?? {}).map(
      ([name, { value }]) =>
        [
          name,
          value.replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_all, input) => inputOf(input)),
        ] as const,
    );
    return runShell(`set -e\n${job?.script.join('\n')}`, cwd, Object.fromEntries(variables));
  }

  it('the recipe gives inputs that exist', () => {
    const { include } = parse(recipe('GitLab')) as {
      include: readonly { remote: string; inputs: Record<string, string> }[];
    };
    expect(include[0]?.remote).toContain(`/v${VERSION}/.ci/gitlab/verify.yml`);
    const names = Object.keys(include[0]?.inputs ?? {});
    expect(Object.keys(header.spec.inputs)).toEqual(expect.arrayContaining(names));
  });

  it('the job ends as the program does, and leaves its reports', async () => {
    const cwd = makeRepository({ 'proofs/a.json': GOOD, 'more/b b.json': GOOD });
    const inputs = { proofs: 'proofs/\nmore/b*.json\n', 'public-key': '@keys/log.pem' };
    const good = await runJob(inputs, cwd);
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(good.stdout).toContain('2 verified');
    expect((await runJob({ ...inputs, require: 'status=500' }, cwd)).code).toBe(4);
    expect((await runJob({ proofs: 'proofs/' }, cwd)).code).toBe(2);
    expect((await runJob({ ...inputs, proofs: 'none-*.json' }, cwd)).code).toBe(3);
    writeContent(join(cwd, 'proofs/a.json'), BAD);
    expect((await runJob(inputs, cwd)).code).toBe(1);
    expect(job?.artifacts.when).toBe('always');
    const junit = readFileSync(join(cwd, job?.artifacts.reports.junit ?? ''), 'utf8');
    expect(junit).toContain('tests="2" failures="1"');
    expect(JSON.parse(readFileSync(join(cwd, 'kapsel-report.json'), 'utf8')).exit_code).toBe(1);
  });

  it('runs nothing of what stands in an input', async () => {
    const cwd = makeRepository({ 'proofs/a.json': GOOD });
    const trick = '$(touch x) `touch x` "; touch x; \' && touch x\nEND\ntouch x';
    const inputs = { proofs: `proofs/\n${trick}`, 'public-key': '@keys/log.pem' };
    expect((await runJob(inputs, cwd)).code).not.toBe(0);
    for (const name of ['public-key', 'trust-file', 'require']) {
      expect((await runJob({ proofs: 'proofs/', [name]: trick }, cwd)).code).toBeGreaterThan(1);
    }
    expect(() => accessSync(join(cwd, 'x'))).toThrow('ENOENT');
    expect(Object.values(job?.variables ?? {}).every(({ expand }) => !expand)).toBe(true);
    expect(job?.script.join()).not.toContain('$[[');
  });

  it('installs the version that this repository has', () => {
    expect(job?.before_script.join()).toContain(`kapsel-verify@${VERSION}`);
  });
});

describe('pre-commit', () => {
  const [hook] = parse(read('.pre-commit-hooks.yaml')) as readonly [
    { id: string; entry: string; language: string; files: string },
  ];
  const [recipeRepo] = (
    parse(recipe('pre-commit')) as {
      repos: readonly { rev: string; hooks: readonly { id: string; args: readonly string[] }[] }[];
    }
  ).repos;

  /** As pre-commit runs a hook of this language: the file below its own clone, then args, then names of files. */
  function runHook(files: readonly string[], cwd: string): Promise<Run> {
    const [file = '', ...words] = hook.entry.split(' ');
    const args = recipeRepo?.hooks[0]?.args ?? [];
    const chosen = files.filter((name) => new RegExp(hook.files).test(name));
    return runProcess(join(ROOT, file), [...words, ...args, ...chosen], { cwd });
  }

  it('the recipe names the hook and the version', () => {
    expect(recipeRepo?.hooks[0]?.id).toBe(hook.id);
    expect(recipeRepo?.rev).toBe(`v${VERSION}`);
    expect(hook.language).toBe('script');
    expect(() =>
      accessSync(join(ROOT, hook.entry.split(' ')[0] ?? ''), constants.X_OK),
    ).not.toThrow();
  });

  it('is silent for good proofs, and names the bad one', async () => {
    const files = ['a.kapsel.json', 'b.kapsel.json', 'package.json', 'kapsel.json.txt'];
    const cwd = makeRepository({
      'a.kapsel.json': GOOD,
      'b.kapsel.json': GOOD,
      'package.json': '{}',
      'kapsel.json.txt': '',
    });
    const good = await runHook(files, cwd);
    expect(good).toMatchObject({ code: 0, stderr: '' });
    writeContent(join(cwd, 'b.kapsel.json'), BAD);
    const bad = await runHook(files, cwd);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/^✗ b\.kapsel\.json .*E_LEAF_HASH/m);
    expect(bad.stdout).not.toContain('a.kapsel.json');
  });
});

describe('any other pipeline', () => {
  const lines = recipe('Any other').trimEnd().split('\n');

  /** The recipe with the sum of what a release would hold; the download is a copy. */
  async function runRecipe(release: string, sum: string, proof: unknown): Promise<Run> {
    const cwd = makeRepository({
      'proofs/a.json': proof,
      'bin/release': release,
      'bin/curl':
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp "$(dirname "$0")/release" "$2"\necho "$3" >asked\n',
    });
    chmodSync(join(cwd, 'bin/curl'), 0o755);
    const script = lines.join('\n').replace(/^sum=0+/m, `sum=${sum}`);
    const run = await runShell(script, cwd, {});
    const asked = readFileSync(join(cwd, 'asked'), 'utf8');
    expect(asked).toContain(`/v${VERSION}/kapsel-verify-linux-x64`);
    return run;
  }
  const release = `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`;
  const sum = createHash('sha256').update(release).digest('hex');

  it('has six lines', () => {
    expect(lines).toHaveLength(6);
  });

  it('ends as the program does', async () => {
    expect((await runRecipe(release, sum, GOOD)).code).toBe(0);
    expect((await runRecipe(release, sum, BAD)).code).toBe(1);
  });

  it('does not run a program that is another', async () => {
    const other = await runRecipe(`${release}\n`, sum, GOOD);
    expect(other.code).toBe(1);
    expect(other.stdout).not.toContain('Proof');
  });
});
