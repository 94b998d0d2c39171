/** The ladder that finds a browser: an order, and no silent fall-through. @module */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CHOICE_VARIABLE, findBrowser } from './support/browser.ts';
import { findFirefox } from './support/firefox.ts';

const folder = mkdtempSync(join(tmpdir(), 'kapsel-browser-'));
const browser = join(folder, 'chromium');
writeFileSync(browser, '');
chmodSync(browser, 0o700);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('findBrowser', () => {
  it('takes the one that is named before all others', () => {
    expect(findBrowser({ KAPSEL_CHROME: browser, PATH: folder })).toEqual({
      source: 'KAPSEL_CHROME',
      executablePath: browser,
      env: {},
    });
  });

  it('refuses a named one that cannot be executed, although another is there', () => {
    const env = { KAPSEL_CHROME: join(folder, 'nothing'), PATH: folder };
    expect(() => findBrowser(env)).toThrow('KAPSEL_CHROME');
    expect(() => findBrowser({ KAPSEL_CHROME: folder, PATH: folder })).toThrow('KAPSEL_CHROME');
  });

  it('finds one on the path before the one from npm', () => {
    const unpacked = JSON.stringify({ source: 'npm', executablePath: '/x', env: {} });
    expect(findBrowser({ PATH: folder, [CHOICE_VARIABLE]: unpacked })?.source).toBe('system');
  });

  it('finds none where no rung holds', () => {
    expect(findBrowser({}, 'win32')).toBeNull();
  });
});

describe('findFirefox', () => {
  it('takes the one that is named, and refuses it when it cannot be executed', () => {
    expect(findFirefox({ KAPSEL_FIREFOX: browser, PATH: folder })).toBe(browser);
    const env = { KAPSEL_FIREFOX: join(folder, 'nothing'), PATH: folder };
    expect(() => findFirefox(env)).toThrow('KAPSEL_FIREFOX');
  });

  it('finds none where none is installed', () => {
    expect(findFirefox({}, 'win32')).toBeNull();
  });
});
