/** `kapsel-server version`: which version of the program this is. @module */
import { readFileSync } from 'node:fs';
import { type Command, JSON_OPTION } from './command.ts';

export const versionCommand: Command = {
  words: 'version',
  help: 'the version of this program',
  options: { json: JSON_OPTION },
  run: async ({ print }, input) => {
    tell(print, input.flag('json'));
    return undefined;
  },
  // Wrong settings make no other version.
  runMisconfigured: (_error, print, input) => {
    tell(print, input.flag('json'));
    return 0;
  },
};

/** As the package of the server says it. */
export function programVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

function tell(print: (line: string) => void, isJson: boolean): void {
  const version = programVersion();
  print(isJson ? JSON.stringify({ version, node: process.version }) : `kapsel-server ${version}`);
}
