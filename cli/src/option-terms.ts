/** Options whose value may be left out, and how they are written in help, manual and completion. Source of truth: verifier-ux 2.2. @module */
import type { Option } from 'commander';

/** Options whose value may only stand behind `=`, and what the bare flag means. */
export const BARE_VALUES: ReadonlyMap<string, string> = new Map([
  ['--explain', 'text'],
  ['--json', 'document'],
]);

/** Commander writes `--explain <form>`, but its value may be left out. */
export function termOfOption(option: Option): string {
  const bare = BARE_VALUES.get(option.long ?? '');
  if (bare === undefined) return option.flags;
  const choices = option.argChoices ?? [];
  return choices.length < 2 ? `${option.long}` : `${option.long}[=${choices.join('|')}]`;
}
