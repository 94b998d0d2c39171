/** The README names exactly the options, commands and exit codes that exist, and shows the real five lines. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE_TABLE } from '../src/exit-code.ts';
import { runInside } from './support/fake-host.ts';
import { makeLog } from './support/make-proof.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

function wordsIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();
}

describe('the README', () => {
  it('names the options of --help, and no other', async () => {
    const commands = ['inspect', 'consistency', 'anchor', 'bundle', 'watch', 'keys', 'selftest'];
    const pages = [
      await runInside(['--help']),
      ...(await Promise.all(commands.map((command) => runInside([command, '--help'])))),
    ];
    const help = pages.map(({ stdout }) => stdout).join('');
    const isAlways = (option: string) => ['--help', '--version'].includes(option);
    const shortened = ['--quiet', '--silent', '--verbose'];
    const wanted = wordsIn(help, /(--[a-z][a-z-]+)/g).filter(
      (option) => !isAlways(option) && !shortened.includes(option),
    );
    expect(wordsIn(README, /(--[a-z][a-z-]+)/g)).toEqual(wanted);
    for (const short of ['-q', '-s', '-v']) expect(README).toContain(`\`${short}\``);
  });

  it('names each exit code', () => {
    const section = README.slice(README.indexOf('## Exit codes'));
    const listed = [...section.matchAll(/^\| ([\d /]+) \|/gm)].flatMap((match) =>
      (match[1] ?? '').split(' / ').map(Number),
    );
    expect(listed).toEqual(EXIT_CODE_TABLE.map(([code]) => code));
  });

  it('shows what is really printed', async () => {
    const log = makeLog(1, [{}]);
    const words = ['-', '--public-key', log.publicKeyHex];
    const { stdout } = await runInside(words, { stdin: JSON.stringify(log.proof(0)) });
    expect(README).toContain(
      `$ kapsel-verify --proof proof.json --public-key <hex>\n${stdout}\`\`\``,
    );
  });
});
