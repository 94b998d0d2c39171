/** Runs the committed action as a runner does: inputs as variables, files for what it answers, and its lines read for commands. @module */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { runProcess } from './run-cli.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** `action.yml`, as far as a runner reads it. */
export interface ActionManifest {
  readonly inputs: Readonly<
    Record<string, { readonly required?: boolean; readonly default?: string }>
  >;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly using: string; readonly main: string };
}

export const ACTION: ActionManifest = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'));
export const ACTION_FILE: string = join(ROOT, ACTION.runs.main);

/** A command that the runner would carry out. */
export interface RunnerCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

export interface ActionRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** All but the pair that switches commands off and on. */
  readonly commands: readonly RunnerCommand[];
}

export interface ActionOptions {
  /** Where the repository was checked out: the working folder. */
  readonly workspace: string;
  /** The Node that the runner brings. */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One step with these inputs, the others as `action.yml` has them. */
export async function runActionStep(
  inputs: Readonly<Record<string, string>>,
  { workspace, node = process.execPath, env = {} }: ActionOptions,
): Promise<ActionRun> {
  const files = { GITHUB_OUTPUT: '.output', GITHUB_STEP_SUMMARY: '.summary' };
  const paths = Object.entries(files).map(([name, file]) => [name, join(workspace, file)] as const);
  for (const [, path] of paths) writeFileSync(path, '');
  const run = await runProcess(node, [ACTION_FILE], {
    cwd: workspace,
    env: {
      ...inputVariables(inputs),
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: workspace,
      ...Object.fromEntries(paths),
      ...env,
    },
  });
  const [output = '', summary = ''] = paths.map(([, path]) => readFileSync(path, 'utf8'));
  return {
    ...run,
    outputs: readOutputs(output),
    summary,
    commands: readCommands(run.stdout, run.stderr),
  };
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ACTION.inputs).map(([name, { default: fallback = '' }]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      inputs[name] ?? fallback,
    ]),
  );
}

/** The file of outputs, as strictly as a runner reads it: `name<<delimiter`, lines, the delimiter. */
export function readOutputs(text: string): Record<string, string> {
  const lines = text.split('\n');
  const outputs: Record<string, string> = {};
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    if (line === '') continue;
    const [, name = '', delimiter = ''] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    const end = lines.indexOf(delimiter);
    if (name === '' || end < 0) throw new Error(`not an output: ${line}`);
    outputs[name] = lines.slice(0, end).join('\n');
    lines.splice(0, end + 1);
  }
  return outputs;
}

// What a runner reads off a stream of a step. A command of the older form may stand anywhere in a line.
const NAMES =
  'error|warning|notice|debug|group|endgroup|add-mask|add-matcher|remove-matcher|echo|set-output|set-env|add-path|save-state|stop-commands';
const NEW_FORM = new RegExp(`^\\s*::(${NAMES})(?: ([^:]*(?:%3A[^:]*)*))?::(.*)$`, 'i');
const OLD_FORM = new RegExp(`##\\[(${NAMES})(?: ([^\\]]*))?\\](.*)$`, 'i');

/** The commands in the output. Both streams arrive in no fixed order, so nothing may stand on the second. */
export function readCommands(stdout: string, stderr: string): RunnerCommand[] {
  const found = stderr.split('\n').flatMap((line) => commandIn(line) ?? []);
  let token: string | null = null;
  for (const line of stdout.split(/\r\n|\n|\r/)) {
    if (token !== null) {
      if (line.trim() === `::${token}::`) token = null;
      continue;
    }
    const command = commandIn(line);
    if (command?.name === 'stop-commands') token = command.data;
    else if (command !== null) found.push(command);
  }
  return found;
}

function commandIn(line: string): RunnerCommand | null {
  const [, name, properties = '', data = ''] = NEW_FORM.exec(line) ?? OLD_FORM.exec(line) ?? [];
  if (name === undefined) return null;
  const pairs = properties
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), unescaped(pair.slice(at + 1))] as const;
    });
  return {
    name: name.toLowerCase(),
    properties: Object.fromEntries(pairs),
    data: unescaped(data),
  };
}

function unescaped(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}
