/** Text from files in Markdown and HTML: shown as it is, never read as markup. Source of truth: verifier-ux 3.1. @module */
import { escapeForDisplay } from '@kapsel/verification';

/** A code span that no backtick, pipe or angle bracket in the text can leave. */
export function codeSpan(text: string): string {
  const shown = escapeForDisplay(text)
    .replaceAll('`', 'ˋ')
    .replaceAll('|', '¦')
    .replaceAll('<', '‹')
    .replaceAll('>', '›');
  return `\`${shown === '' ? ' ' : shown}\``;
}

/** Text between tags or in an attribute. */
export function html(text: string): string {
  return escapeForDisplay(text).replace(
    /[&<>"']/g,
    (character) => `&#${character.codePointAt(0)};`,
  );
}
