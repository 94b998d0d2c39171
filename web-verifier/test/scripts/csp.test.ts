/** The policy writer: hashes of the exact inlined text, and a refusal of anything it could not cover. @module */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addPolicy } from '../../scripts/csp.mjs';

const SCRIPT = 'const text = "a < b && c";\nrun(text);';
const NOTHING = { connect: "'none'", worker: 'blob:' } as const;
const STYLE = 'p { color: red }';
const PAGE = page(`<style>${STYLE}</style><script type="module">${SCRIPT}</script>`);

describe('addPolicy', () => {
  it('allows exactly the inlined script and style, and no connection', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(
      addPolicy(PAGE, NOTHING),
    )?.[1];
    expect(policy?.split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash(SCRIPT)}'`,
      `style-src 'sha256-${hash(STYLE)}'`,
      'img-src data: blob:',
      "connect-src 'none'",
      'worker-src blob:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('allows connections to the own server where the page may have them', () => {
    const html = addPolicy(PAGE, { connect: "'self'", worker: "'none'" });
    expect(html).toContain("connect-src 'self'; worker-src 'none';");
  });

  it('stands before everything it binds', () => {
    const html = addPolicy(PAGE, NOTHING);
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style'));
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<script'));
  });

  it.each([
    ['a script from elsewhere', page('<script src="x.js"></script>')],
    ['no script', page('<p>nothing</p>')],
    ['two scripts', page('<script>1</script><script>2</script>')],
    ['a comment that opens inside the script', page('<script>"<!--"</script>')],
    ['carriage returns', page('<script>1;\r\n2</script>')],
    ['a second policy', addPolicy(PAGE, NOTHING)],
    ['no charset', '<html><script>1</script></html>'],
  ])('refuses %s', (_, html) => {
    expect(() => addPolicy(html, NOTHING)).toThrow();
  });
});

function page(body: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"></head><body>${body}</body></html>`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
