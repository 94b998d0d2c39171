/** `kapsel-server version`: the version of the package, whatever the settings are. @module */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ConfigError } from '../../src/base/config.ts';
import { parseCommand } from '../../src/commands/command.ts';
import { versionCommand } from '../../src/commands/version.ts';
import { runCommand } from '../support/run-command.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

it('is told to people and to programs', async () => {
  expect((await runCommand(versionCommand, [], {})).lines).toEqual([`kapsel-server ${version}`]);
  expect((await runCommand(versionCommand, ['--json'], {})).json()).toEqual({
    version,
    node: process.version,
  });
});

it.each(['--version', '-V', 'version'])('is what %s asks for, also under bad settings', (word) => {
  const parsed = parseCommand([word], [versionCommand]);
  if (parsed.kind !== 'run') throw new Error('not run');
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  expect(parsed.command.runMisconfigured?.(new ConfigError(['x']), print, parsed.input)).toBe(0);
  expect(lines).toEqual([`kapsel-server ${version}`]);
});
