/** Text from files made safe to show: what moves a cursor, hides or turns text around is written out. Unicode UAX 9. @module */

// C0, DEL, C1; soft hyphen; bidi marks, embeddings, overrides, isolates; zero-width characters and line separators;
// invisible operators; byte order mark and interlinear marks; lone surrogates; language tags.
const DANGEROUS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

/**
 * The text with every such character as `\u001b` or `\u{e0041}`.
 * @example escapeForDisplay('a\u202eb') // 'a\\u202eb'
 */
export function escapeForDisplay(text: string): string {
  return text.replace(DANGEROUS, (character) => {
    const point = (character.codePointAt(0) as number).toString(16);
    return point.length > 4 ? `\\u{${point}}` : `\\u${point.padStart(4, '0')}`;
  });
}
