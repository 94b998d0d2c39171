// @ts-check
/** Writes the page's content security policy: only the exact inlined script and style may act, and connect to where the page may. @module */
import { createHash } from 'node:crypto';

const AFTER = '<meta charset="utf-8">'; // the policy binds only what follows it

/**
 * Adds the policy to a page whose scripts and styles are all inlined. Throws on anything the policy could not cover.
 * @param {string} html
 * @param {{ connect: "'none'" | "'self'", worker: "'none'" | 'blob:' }} may
 * @returns {string}
 */
export function addPolicy(html, may) {
  if (html.includes('\r')) throw new Error('the page must have LF line ends: browsers hash LF');
  if (html.split(AFTER).length !== 2) throw new Error(`the page needs exactly one ${AFTER}`);
  if (/http-equiv/i.test(markupOf(html))) throw new Error('the page already has a policy');
  const scripts = inlineTexts(html, 'script');
  if (scripts.length !== 1) throw new Error(`got ${scripts.length} inlined scripts, want 1`);
  if (scripts.some((text) => /<!--|<\/script/i.test(text))) {
    throw new Error('the script holds a sequence that changes how a browser reads it');
  }
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf(scripts)}`,
    `style-src ${hashesOf(inlineTexts(html, 'style'))}`,
    'img-src data: blob:',
    `connect-src ${may.connect}`,
    `worker-src ${may.worker}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html.replace(
    AFTER,
    () => `${AFTER}\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`,
  );
}

/**
 * The text of each inlined element. One that loads its text from elsewhere is refused.
 * @param {string} html
 * @param {'script' | 'style'} tag
 * @returns {string[]}
 */
export function inlineTexts(html, tag) {
  const elements = [...html.matchAll(new RegExp(`<${tag}([^>]*)>([\\s\\S]*?)</${tag}>`, 'g'))];
  return elements.map(([, attributes = '', text = '']) => {
    if (/\ssrc=/.test(attributes)) throw new Error(`a ${tag} is not inlined:${attributes}`);
    return text;
  });
}

/** @param {string[]} texts */
function hashesOf(texts) {
  if (texts.length === 0) return "'none'";
  return texts
    .map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    .join(' ');
}

/** @param {string} html */
function markupOf(html) {
  return html.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '');
}
