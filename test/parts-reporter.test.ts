/** Missing parts: a loud skip on a person's machine, a failure where everything is required. @module */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SUPPORT = join(ROOT, 'test', 'support');

// Each test starts a test run of its own, which takes seconds on a busy machine.
describe('the reporter of missing parts', { timeout: 60_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kapsel-parts-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    writeSample(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says what was missing, how many tests it cost, and how to get it', () => {
    const { status, stdout } = run(folder, { KAPSEL_PLAIN_SUMMARY: '1', ...withoutJq() });
    expect(stdout).toMatch(/^MISSING PART jq, 2 tests skipped\. To get it: .+\.$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed, 2 skipped');
    expect(status).toBe(0);
  });

  it('ends the run before any test where everything is required', () => {
    const { status, stdout, stderr } = run(folder, { KAPSEL_REQUIRE_ALL: '1', ...withoutJq() });
    expect(stderr + stdout).toContain('MISSING PART jq. To get it:');
    expect(stdout).not.toContain('sample ran');
    expect(status).not.toBe(0);
  });

  it('counts failures, also of a file that cannot be loaded', () => {
    writeFileSync(join(folder, 'broken.test.ts'), 'throw new Error("broken");\n');
    const { status, stdout } = run(folder, { KAPSEL_PLAIN_SUMMARY: '1', ...withoutJq() });
    rmSync(join(folder, 'broken.test.ts'));
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 passed, 1 failed, 2 skipped');
    expect(status).toBe(1);
  });
});

function writeSample(folder: string): void {
  const support = (file: string): string => JSON.stringify(join(SUPPORT, file));
  writeFileSync(
    join(folder, 'sample.test.ts'),
    `import { describe, it } from 'vitest';
     import { part } from ${support('parts.ts')};
     it('runs', () => { process.stdout.write('sample ran\\n'); });
     describe.skipIf(!part('jq'))('needs jq', () => { it('one', () => {}); it('two', () => {}); });
    `,
  );
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `export default { test: { include: ['*.test.ts'], reporters: ['default', ${support('parts-reporter.ts')}] } };
    `,
  );
}

function run(folder: string, env: NodeJS.ProcessEnv) {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { KAPSEL_REQUIRE_ALL, KAPSEL_PLAIN_SUMMARY, VITEST, ...inherited } = process.env;
  return spawnSync(process.execPath, [vitest, 'run'], {
    cwd: folder,
    env: { ...inherited, NO_COLOR: '1', ...env },
    encoding: 'utf8',
  });
}

/** An environment in which no command is found: node itself is started by its full path. */
function withoutJq(): NodeJS.ProcessEnv {
  return { PATH: '' };
}
