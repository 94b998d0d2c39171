/** Runs one command as `main.ts` does, but in this process: words in, lines and exit code out. @module */
import { readConfig } from '../../src/base/config.ts';
import { type Command, parseCommand } from '../../src/commands/command.ts';

export interface CommandEnd {
  readonly code: number;
  readonly lines: readonly string[];
  /** The only line, as JSON. */
  json(): Record<string, unknown>;
}

/** Fails as the command fails. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandEnd> {
  const parsed = parseCommand([...command.words.split(' '), ...args], [command]);
  if (parsed.kind !== 'run') throw new Error('help was not asked for');
  const lines: string[] = [];
  const context = {
    config: readConfig(env),
    print: (line: string) => void lines.push(line),
    note: () => undefined,
  };
  const code = (await command.run(context, parsed.input)) ?? 0;
  return {
    code,
    lines,
    json: () => {
      if (lines.length !== 1) throw new Error(`${lines.length} lines`);
      return JSON.parse(lines[0] ?? '');
    },
  };
}
