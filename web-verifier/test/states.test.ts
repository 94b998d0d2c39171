/** Every state of the page, in light and dark: axe-core has nothing to say, and 320 px are enough, which is a zoom of 400 %. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AXE, AXE_RULES, findingsOfAxe, overflowing } from '../../test/support/axe.ts';
import { launchBrowser } from '../../test/support/browser.ts';
import { part } from '../../test/support/parts.ts';
import { openPage } from './support/open-page.ts';
import { PAGE_STATES } from './support/page-states.ts';

// What a window of 1280 by 1024 shows at a zoom of 400 %.
const VIEWPORT = { width: 320, height: 256 };

describe.skipIf(!part('browser'))('the states of the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it.each(Object.keys(PAGE_STATES))('can be used by everyone: %s', async (name) => {
    const state = PAGE_STATES[name];
    const options = { viewport: VIEWPORT, colorScheme: 'light', ...state?.options } as const;
    const { page, faults } = await openPage(browser, options);
    await state?.reach(page);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(openEverything);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(AXE);
    expect(await findingsOfAxe(page, AXE_RULES)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    // Nothing but the colours has changed.
    expect(await findingsOfAxe(page, { ...AXE_RULES, runOnly: ['color-contrast'] })).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('is judged by an axe that does find things', async () => {
    const { page } = await openPage(browser);
    await page.evaluate(() => {
      const faint = document.createElement('p');
      faint.textContent = 'hard to read';
      faint.style.color = '#ddd';
      document.querySelector('main')?.append(faint, document.createElement('button'));
    });
    await page.evaluate(AXE);
    expect(await findingsOfAxe(page, AXE_RULES)).toHaveLength(2);
  });
});

function openEverything(): void {
  for (const details of document.querySelectorAll('details')) details.open = true;
}
