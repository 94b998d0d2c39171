/** The page fits a small screen, can be read in both colour schemes, and works from the keyboard. @module */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { part } from '../../test/support/parts.ts';
import { alter, craftPackage } from './support/craft-package.ts';
import { chooseFile, openPage, pinKey, verdictBand } from './support/open-page.ts';

const good = craftPackage({ treeSize: 5_000, leafIndex: 1_234 });
const longUrl = `https://example.com/${'a'.repeat(3_000)}`;

/** Each state of the page that has words of its own. */
const STATES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  empty: async () => {},
  'key refused': (page) => page.getByLabel('Public key of the log').fill('not a key'),
  'key from the link': (page) => page.evaluate(`location.hash = 'key=${good.publicKeyHex}'`),
  verified: async (page) => {
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, good.text);
  },
  untrusted: (page) => chooseFile(page, good.text),
  invalid: async (page) => {
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, alter(good.text, /"proof_hashes": \[\s*"../, '"proof_hashes": ["ff'));
  },
  malformed: (page) => chooseFile(page, '{"format":"kapsel.proof/v3"}'),
  'a private key': (page) => chooseFile(page, '-----BEGIN PRIVATE KEY-----\n'),
};

describe.skipIf(!part('browser'))('the layout', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('wraps a URL that is longer than any line', async () => {
    const { page } = await openPage(browser, { viewport: { width: 320, height: 640 } });
    await chooseFile(page, craftPackage({ leaf: { endpoint_url: longUrl } }).text);
    expect(await page.evaluate(overflowing)).toEqual([]);
  });

  it.each(
    (['light', 'dark'] as const).flatMap((scheme) =>
      Object.keys(STATES).map((state) => ({ scheme, state })),
    ),
  )('fits 320 px and keeps a contrast of 4.5 in $scheme: $state', async ({ scheme, state }) => {
    const viewport = { width: 320, height: 640 };
    const { page } = await openPage(browser, { viewport, colorScheme: scheme });
    await STATES[state]?.(page);
    await page.evaluate(openEverything);
    expect(await page.evaluate(overflowing)).toEqual([]);
    expect(await page.evaluate(tooFaint)).toEqual([]);
  });

  it('goes from key to verdict by keyboard alone', async () => {
    const { page } = await openPage(browser);
    await page.keyboard.press('Tab');
    await page.keyboard.insertText(good.publicKeyHex);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Paste the text of a proof').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.insertText(good.text);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('[data-verdict="verified"]').waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Verified');
    // The next stops are the checks: each opens with the keyboard.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.locator('[data-check="format"]').getAttribute('open')).not.toBeNull();
  });

  it('says the result once to people who listen', async () => {
    const { page } = await openPage(browser);
    const status = page.locator('main > [role=status]');
    expect(await status.textContent()).toBe('');
    await chooseFile(page, good.text);
    expect(await status.textContent()).toBe('1 file: 1 untrusted');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('verdict');
  });

  it('gives every control a name and enough room', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, good.text);
    await page.evaluate(openEverything);
    const small = await page
      .locator('button, summary, textarea, .button')
      .evaluateAll((all) =>
        all
          .filter((each) => each.getBoundingClientRect().height < 24)
          .map((each) => each.outerHTML.slice(0, 80)),
      );
    expect(small).toEqual([]);
    const unnamed = await page
      .locator('textarea, input')
      .evaluateAll(
        (all) => all.filter((each) => !(each as HTMLInputElement).labels?.length).length,
      );
    expect(unnamed).toBe(0);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await verdictBand(page).getByRole('heading', { level: 2 }).count()).toBe(1);
  });
});

function openEverything(): void {
  for (const details of document.querySelectorAll('details')) details.open = true;
}

/** Elements that reach beyond the right edge, and the page itself if it scrolls sideways. */
function overflowing(): string[] {
  const width = document.documentElement.clientWidth;
  const beyond = [...document.body.querySelectorAll('*')].filter(
    (each) => each.getBoundingClientRect().right > width + 0.5 && !each.closest('.visually-hidden'),
  );
  const scrolls = document.documentElement.scrollWidth > width ? ['the page scrolls'] : [];
  return [...beyond.map((each) => each.outerHTML.slice(0, 80)), ...scrolls];
}

/** Texts whose colour is too close to what lies behind them. WCAG 2.2, success criterion 1.4.3. */
function tooFaint(): string[] {
  const channel = (value: number): number =>
    value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = parse(colour).map((value) => channel(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element): string => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parse(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent?.trim();
    if (!element || !text || element.closest('script, noscript, :disabled, .visually-hidden'))
      continue;
    const [low = 0, high = 0] = [
      luminance(getComputedStyle(element).color),
      luminance(behind(element)),
    ].sort((left, right) => left - right);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
  }
  return faint;
}
