/** The manual page, made from the commands themselves. Source of truth: verifier-ux 6. @module */
import type { Command } from 'commander';
import { PROGRAM_NAME, PROGRAM_VERSION } from '../about.ts';
import { EXIT_CODE_TABLE } from '../exit-code.ts';
import { termOfOption } from '../option-terms.ts';

/** The page as roff with the `man` macros. */
export function manPage(program: Command): string {
  return [
    `.TH KAPSEL-VERIFY 1 "" "${PROGRAM_NAME} ${PROGRAM_VERSION}" "User Commands"`,
    '.SH NAME',
    `${PROGRAM_NAME.replaceAll('-', '\\-')} \\- ${roff(lowerFirst(program.description()))}`,
    '.SH SYNOPSIS',
    '.B kapsel\\-verify',
    '[\\fIoptions\\fR] \\fIFILE\\fR...',
    ...program.commands.flatMap((command) => [
      '.br',
      `.B kapsel\\-verify ${roff(command.name())}`,
      roff(command.usage()),
    ]),
    '.SH DESCRIPTION',
    'Checks proof packages offline against keys that you trust. Files, folders, patterns, archives',
    'and files with one package a line may be mixed. No connection is opened, except by the command',
    '.BR watch .',
    '.SH OPTIONS',
    ...optionLines(program),
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => [
      `.SS ${roff(command.name())}`,
      roff(command.description()),
      ...optionLines(command),
    ]),
    '.SH EXIT STATUS',
    ...EXIT_CODE_TABLE.flatMap(([code, when]) => ['.TP', `.B ${code}`, roff(when)]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B KAPSEL_TRUST',
    'the trust file, where no option names a key',
    '.TP',
    '.B NO_COLOR\\fR, \\fBFORCE_COLOR',
    'whether output has colour',
    '',
  ].join('\n');
}

function optionLines(command: Command): readonly string[] {
  return command.options.flatMap((option) => [
    '.TP',
    `.B ${roff(termOfOption(option))}`,
    roff(option.description),
  ]);
}

/** Text that no roff request can begin in. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
