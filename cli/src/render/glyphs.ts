/** The sign of each verdict, and output in ASCII alone. Source of truth: verifier-ux 1.1 and 2.6. @module */
import type { Verdict } from '@kapsel/verification';

const GLYPHS: Readonly<Record<Verdict, readonly [sign: string, ascii: string]>> = {
  verified: ['✓', '+'],
  invalid: ['✗', 'x'],
  malformed: ['!', '!'],
  untrusted: ['?', '?'],
  inconclusive: ['~', '~'],
  error: ['#', '#'],
};

const ASCII_FORMS: ReadonlyMap<string, string> = new Map([
  ['…', '...'],
  ['‖', '||'],
  ['≠', '!='],
  ['–', '-'],
  ['—', '-'],
]);

/** The sign in front of a verdict. */
export function glyphOfVerdict(verdict: Verdict, ascii: boolean): string {
  return GLYPHS[verdict][ascii ? 1 : 0];
}

/** Text in which every character is ASCII: own signs by their ASCII form, anything else as `\u{…}`. */
export function asciiFromText(text: string): string {
  let ascii = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    ascii += code < 0x80 ? character : (ASCII_FORMS.get(character) ?? `\\u{${code.toString(16)}}`);
  }
  return ascii;
}
