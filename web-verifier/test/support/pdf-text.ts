/** The text of a PDF as Chromium writes it: enough to see what a printed page says, and no more. @module */
import { inflateSync } from 'node:zlib';

const STREAM = /(\d+) 0 obj\s*<<((?:(?!endobj)[\s\S])*?)>>\s*stream\r?\n/g;

/** All texts in the order in which they are drawn, without spaces: a printer places words, and writes none between them. */
export function textOfPdf(pdf: Buffer): string {
  const raw = pdf.toString('latin1');
  const streams = new Map<string, string>();
  for (const match of raw.matchAll(STREAM)) {
    const [whole, id = '', dictionary = ''] = match;
    const start = match.index + whole.length;
    const length = Number(/\/Length (\d+)/.exec(dictionary)?.[1] ?? 0);
    const bytes = pdf.subarray(start, start + length);
    const isPacked = dictionary.includes('/FlateDecode');
    if (!/\/(Subtype \/Image|Length1)/.test(dictionary)) {
      streams.set(id, (isPacked ? inflateSync(bytes) : bytes).toString('latin1'));
    }
  }
  const fonts = new Map<string, ReadonlyMap<string, string>>();
  for (const [, name = '', id = ''] of raw.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const font = new RegExp(`(?:^|\\n)${id} 0 obj([\\s\\S]*?)endobj`).exec(raw)?.[1] ?? '';
    const map = /\/ToUnicode (\d+) 0 R/.exec(font)?.[1] ?? '';
    fonts.set(name, lettersOf(streams.get(map) ?? ''));
  }
  return [...streams.values()].map((content) => drawnText(content, fonts)).join('');
}

/** What each glyph means, from a font's ToUnicode map. */
function lettersOf(map: string): ReadonlyMap<string, string> {
  const letters = new Map<string, string>();
  for (const [, body = ''] of map.matchAll(/beginbfchar([\s\S]*?)endbfchar/g)) {
    for (const [, glyph = '', text = ''] of body.matchAll(/<(\w+)>\s*<(\w+)>/g)) {
      letters.set(glyph.toLowerCase(), decode(text));
    }
  }
  for (const [, body = ''] of map.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
    for (const [, from = '', to = '', text = ''] of body.matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g)) {
      for (let glyph = Number.parseInt(from, 16); glyph <= Number.parseInt(to, 16); glyph++) {
        const code = Number.parseInt(text, 16) + glyph - Number.parseInt(from, 16);
        letters.set(glyph.toString(16).padStart(4, '0'), String.fromCodePoint(code));
      }
    }
  }
  return letters;
}

function decode(hex: string): string {
  return Buffer.from(hex, 'hex').swap16().toString('utf16le');
}

function drawnText(
  content: string,
  fonts: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string {
  let font: ReadonlyMap<string, string> = new Map();
  let text = '';
  for (const [, name, hex] of content.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>/g)) {
    if (name !== undefined) font = fonts.get(name) ?? new Map();
    for (const [glyph] of (hex ?? '').toLowerCase().matchAll(/.{4}/g)) {
      text += font.get(glyph) ?? '';
    }
  }
  // Two letters may be drawn as one: "fi".
  return text.normalize('NFKC').replaceAll(/\s/g, '');
}
