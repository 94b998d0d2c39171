/** The page works from the keyboard, says the result once, and its controls have names and room. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { part } from '../../test/support/parts.ts';
import { craftPackage } from './support/craft-package.ts';
import { chooseFile, openPage, pinKey, verdictBand } from './support/open-page.ts';

const good = craftPackage({ treeSize: 5_000, leafIndex: 1_234 });
describe.skipIf(!part('browser'))('the layout', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('goes from key to verdict by keyboard alone', async () => {
    const { page } = await openPage(browser);
    // The first stop is the choice of the look.
    await page.keyboard.press('Tab');
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
    expect(await status.textContent()).toBe('1 item: 1 untrusted');
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
