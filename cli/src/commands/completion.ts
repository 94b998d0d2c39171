/** `kapsel-verify completion`: static scripts made from the commands; they never run the program. Source of truth: verifier-ux 2.10. @module */
import type { Command, Option } from 'commander';
import { PROGRAM_NAME } from '../about.ts';
import { BARE_VALUES } from '../option-terms.ts';

/** One command as a shell needs to know it; the empty name is the program itself. */
interface Words {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
}

interface Flag {
  readonly long: string;
  readonly short: string | null;
  readonly description: string;
  /** What may follow: a file, one of these words, anything, or nothing. */
  readonly value: 'file' | 'any' | 'none' | readonly string[];
}

/** The script for one shell. */
export function completionScript(
  program: Command,
  shell: 'bash' | 'zsh' | 'fish' | 'powershell',
): string {
  const all = [program, ...program.commands].map((command, i) => wordsOf(command, i === 0));
  switch (shell) {
    case 'bash':
      return bashScript(all);
    case 'zsh':
      return zshScript(all);
    case 'fish':
      return fishScript(all);
    case 'powershell':
      return powershellScript(all);
  }
}

function wordsOf(command: Command, isRoot: boolean): Words {
  const help = { long: '--help', short: '-h', description: 'print help', value: 'none' } as const;
  return {
    name: isRoot ? '' : command.name(),
    description: plain(command.description()),
    flags: [...command.options.map(flagOf), help],
  };
}

function flagOf(option: Option): Flag {
  const bare = BARE_VALUES.has(option.long ?? '');
  const takes = option.required && !bare;
  const choices = option.argChoices ?? [];
  const isFile = /<(FILE|DIR|KEY)>/.test(option.flags);
  const value = !takes ? 'none' : choices.length > 0 ? choices : isFile ? 'file' : 'any';
  return {
    long: option.long ?? '',
    short: option.short ?? null,
    description: plain(option.description),
    value,
  };
}

/** Our own texts, without what a quoted string of some shell would read. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,;:=|/()*-]/g, '');
}

function flagWords(flags: readonly Flag[]): string {
  return flags.flatMap(({ long, short }) => (short === null ? [long] : [long, short])).join(' ');
}

const VALUES = (all: readonly Words[]) =>
  new Map(all.flatMap(({ flags }) => flags.map(({ long, value }) => [long, value] as const)));

function bashScript(all: readonly Words[]): string {
  const values = [...VALUES(all)];
  const withFile = values.filter(([, value]) => value === 'file').map(([flag]) => flag);
  const withAny = values.filter(([, value]) => value === 'any').map(([flag]) => flag);
  const withWords = values.filter(([, value]) => Array.isArray(value));
  const commands = all.filter(({ name }) => name !== '');
  return [
    `# bash completion of ${PROGRAM_NAME}`,
    '_kapsel_verify() {',
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev="" word command="" i`,
    `  ((COMP_CWORD > 0)) && prev=\${COMP_WORDS[COMP_CWORD-1]}`,
    '  COMPREPLY=()',
    '  case $prev in',
    `    ${withFile.join('|')}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return ;;`,
    ...withWords.map(
      ([flag, words]) =>
        `    ${flag}) COMPREPLY=($(compgen -W "${(words as string[]).join(' ')}" -- "$cur")); return ;;`,
    ),
    `    ${withAny.join('|')}) return ;;`,
    '  esac',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    word=\${COMP_WORDS[i]}`,
    `    case $word in ${commands.map(({ name }) => name).join('|')}) command=$word; break ;; esac`,
    '  done',
    '  local flags',
    '  case $command in',
    ...commands.map(({ name, flags }) => `    ${name}) flags="${flagWords(flags)}" ;;`),
    `    *) flags="${flagWords(all[0]?.flags ?? [])}" ;;`,
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$flags" -- "$cur"))',
    '    return',
    '  fi',
    '  compopt -o filenames 2>/dev/null',
    '  COMPREPLY=($(compgen -f -- "$cur"))',
    '  if [[ -z $command ]]; then',
    `    COMPREPLY+=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$cur"))`,
    '  fi',
    '}',
    `complete -F _kapsel_verify ${PROGRAM_NAME}`,
    '',
  ].join('\n');
}

function zshScript(all: readonly Words[]): string {
  const spec = ({ long, short, description, value }: Flag) => {
    const what = description.replaceAll(':', '\\:');
    const action =
      value === 'none'
        ? ''
        : value === 'file'
          ? ':file:_files'
          : value === 'any'
            ? ':value: '
            : `:value:(${value.join(' ')})`;
    const names = short === null ? [long] : [long, short];
    return names.map((name) => `'*${name}[${what}]${action}'`);
  };
  const commands = all.filter(({ name }) => name !== '');
  return [
    `#compdef ${PROGRAM_NAME}`,
    '_kapsel_verify() {',
    '  local word command=""',
    `  for word in \${words[2,CURRENT-1]}; do`,
    `    case $word in (${commands.map(({ name }) => name).join('|')}) command=$word; break ;; esac`,
    '  done',
    '  case $command in',
    ...commands.map(
      ({ name, flags }) =>
        `    (${name}) _arguments ${flags.flatMap(spec).join(' ')} '*:file:_files' ;;`,
    ),
    '    (*)',
    `      _arguments ${(all[0]?.flags ?? []).flatMap(spec).join(' ')} '*:file:_files'`,
    `      local -a names; names=(${commands.map(({ name, description }) => `'${name}:${description.replaceAll(':', '')}'`).join(' ')})`,
    "      ((CURRENT == 2)) && _describe 'command' names",
    '      ;;',
    '  esac',
    '}',
    `compdef _kapsel_verify ${PROGRAM_NAME}`,
    '',
  ].join('\n');
}

function fishScript(all: readonly Words[]): string {
  const commands = all.filter(({ name }) => name !== '');
  const names = commands.map(({ name }) => name).join(' ');
  const lines = all.flatMap(({ name, flags }) => {
    const when =
      name === ''
        ? `not __fish_seen_subcommand_from ${names}`
        : `__fish_seen_subcommand_from ${name}`;
    return flags.map(({ long, short, description, value }) => {
      const values = value === 'none' ? '' : value === 'file' ? ' -r -F' : ' -x';
      const words = Array.isArray(value) ? ` -a '${value.join(' ')}'` : '';
      const shortWord = short === null ? '' : ` -s ${short.slice(1)}`;
      return `complete -c ${PROGRAM_NAME} -n '${when}' -l ${long.slice(2)}${shortWord}${values}${words} -d '${description}'`;
    });
  });
  const own = commands.map(
    ({ name, description }) =>
      `complete -c ${PROGRAM_NAME} -n __fish_use_subcommand -a ${name} -d '${description}'`,
  );
  return [`# fish completion of ${PROGRAM_NAME}`, ...own, ...lines, ''].join('\n');
}

function powershellScript(all: readonly Words[]): string {
  const commands = all.filter(({ name }) => name !== '');
  const table = all.map(
    ({ name, flags }) => `    '${name}' = @(${flags.map(({ long }) => `'${long}'`).join(', ')})`,
  );
  return [
    `# PowerShell completion of ${PROGRAM_NAME}`,
    `Register-ArgumentCompleter -Native -CommandName ${PROGRAM_NAME} -ScriptBlock {`,
    '  param($wordToComplete, $commandAst, $cursorPosition)',
    '  $flags = @{',
    ...table,
    '  }',
    `  $commands = @(${commands.map(({ name }) => `'${name}'`).join(', ')})`,
    '  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })',
    "  $command = @($typed | Where-Object { $commands -contains $_ } | Select-Object -First 1) + ''",
    '  $words = @($flags[$command[0]])',
    "  if ($command[0] -eq '' -and -not $wordToComplete.StartsWith('-')) { $words = $commands }",
    '  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {',
    "    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterName', $_)",
    '  }',
    '}',
    '',
  ].join('\n');
}
