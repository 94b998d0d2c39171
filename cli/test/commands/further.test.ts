/** The smaller commands: inspect, selftest, completion, help and the manual page. @module */
import { describe, expect, it } from 'vitest';
import { FIXTURES_NOW_MS, readFixturePackage } from '../../../test/support/fixture-packages.ts';
import { VECTOR_KEY, VECTOR_NOW_MS, VECTOR_TEXT } from '../../src/selftest-vector.ts';
import { runInside } from '../support/fake-host.ts';
import { makeLog } from '../support/make-proof.ts';
import { makeFolder, runProcess } from '../support/run-cli.ts';

const LOG = makeLog(1, [{}]);

describe('inspect', () => {
  it('shows what is in a package, as claimed: no verdict, no tick', async () => {
    const bad = { ...LOG.proof(0), leaf_hash: '00'.repeat(32) };
    for (const proof of [LOG.proof(0), bad]) {
      const run = await runInside(['inspect', '-'], { stdin: JSON.stringify(proof) });
      expect(run.code).toBe(0);
      expect(run.stdout).toContain(LOG.publicKeyHex);
      expect(run.stdout).toContain('not checked');
      expect(run.stdout).not.toMatch(/✓|verified|invalid|trusted/);
    }
  });

  it('ends with 3 for what it cannot read', async () => {
    expect((await runInside(['inspect', '-'], { stdin: '{' })).code).toBe(3);
    expect((await runInside(['inspect', 'absent.json'])).code).toBe(3);
  });
});

describe('selftest', () => {
  it('verifies the good proof and refuses the altered ones', async () => {
    const run = await runInside(['selftest']);
    expect(run.code).toBe(0);
    expect(run.stdout.match(/^✓/gm)?.length).toBeGreaterThan(10);
    expect(run.stdout).not.toMatch(/^✗/m);
  });

  it('uses the fixture', () => {
    const { text, publicKey } = readFixturePackage('valid-delivered.json');
    expect([VECTOR_TEXT, VECTOR_KEY, VECTOR_NOW_MS]).toEqual([text, publicKey, FIXTURES_NOW_MS]);
  });
});

describe('completion', () => {
  it('for bash is read by bash and completes commands, options, choices and files', async () => {
    const { stdout: script } = await runInside(['completion', 'bash']);
    const folder = makeFolder({ 'complete.bash': script, 'proof file.json': '{}' });
    const ask = async (...words: string[]) => {
      const line = `source ./complete.bash; COMP_WORDS=(kapsel-verify "$@"); COMP_CWORD=$#; _kapsel_verify; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const run = await runProcess(
        'bash',
        ['--norc', '--noprofile', '-c', line, 'bash', ...words],
        { cwd: folder },
      );
      expect(run.stderr).toBe('');
      return run.stdout.trim().split('\n');
    };
    expect(await ask('cons')).toEqual(['consistency']);
    expect(await ask('--public')).toEqual(['--public-key']);
    expect(await ask('--color', 'al')).toEqual(['always']);
    expect(await ask('watch', '--ev')).toEqual(['--evidence']);
    expect((await ask('--proof', 'pro')).join(' ')).toContain('proof');
    expect(await ask('$(touch ran)')).toEqual(['']);
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])(
    'for %s names every command and option',
    async (shell) => {
      const { code, stdout } = await runInside(['completion', shell]);
      expect(code).toBe(0);
      for (const command of ['inspect', 'watch', 'bundle', 'selftest'])
        expect(stdout).toContain(command);
      for (const option of ['require', 'max-total', 'evidence', 'max-head-age']) {
        expect(stdout).toContain(option);
      }
    },
  );

  it('knows four shells', async () => {
    expect((await runInside(['completion', 'tcsh'])).code).toBe(2);
  });
});

describe('help', () => {
  it('has a manual page with every option of every command', async () => {
    const { stdout: page } = await runInside(['help', 'man']);
    expect(page).toMatch(/^\.TH KAPSEL-VERIFY 1 /);
    const { stdout: help } = await runInside(['--help']);
    for (const [option] of help.matchAll(/--[a-z][a-z-]+/g)) {
      if (option !== '--help') expect(page).toContain(option.replaceAll('-', '\\-'));
    }
  });

  it('lists formats', async () => {
    const { stdout } = await runInside(['help', 'formats']);
    for (const format of ['kapsel.proof/v1', 'kapsel.trust/v1', 'kapsel.verify-report/v1']) {
      expect(stdout).toContain(format);
    }
  });

  it('gives the version as JSON', async () => {
    const { stdout } = await runInside(['version', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'kapsel-verify',
      formats: ['kapsel.proof/v1'],
    });
  });
});
