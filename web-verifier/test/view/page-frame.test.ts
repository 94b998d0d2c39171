/** The foot of the page says which version it is, and that nothing leaves it. @module */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PAGE_FILE } from '../support/open-page.ts';

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

describe('the frame of the built page', () => {
  it('carries the version of the workspace and no leftover of its name', () => {
    const html = readFileSync(PAGE_FILE, 'utf8');
    // Between the two stands whatever the minifier writes between neighbouring texts.
    expect(html).toMatch(
      new RegExp(`Kapsel page \\W+${manifest.version.replaceAll('.', '\\.')}\\b`),
    );
    expect(html).not.toContain('__PAGE_VERSION__');
  });
});
