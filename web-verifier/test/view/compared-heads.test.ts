/** Two tree heads in the browser: what they say of each other, and who may believe it. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { craftHeads } from '../support/craft-package.ts';
import { chooseFiles, openPage, pinKey, shownVerdict, verdictBand } from '../support/open-page.ts';

const heads = craftHeads(7, 19);

describe.skipIf(!part('browser'))('two tree heads', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('are shown side by side, older first, and judged under the pinned key alone', async () => {
    const { page } = await openPage(browser);
    await chooseFiles(page, [
      { name: 'new.json', text: heads.newHead },
      { name: 'proof.json', text: heads.proof },
      { name: 'old.json', text: heads.oldHead },
    ]);
    await verdictBand(page).waitFor();
    expect(await shownVerdict(page)).toBe('untrusted E_KEY_UNKNOWN');
    await pinKey(page, heads.publicKeyHex);
    await page.locator('[data-verdict="verified"]').waitFor();
    expect(await page.locator('.band .file-name').textContent()).toBe(
      'new.json + old.json + proof.json',
    );
    expect(await page.locator('.columns h3').allTextContents()).toEqual(['Older', 'Newer']);
    expect(await page.locator('.columns dl').first().textContent()).toContain('Leaves7');
    expect(await page.locator('[data-check="consistency"].pass').count()).toBe(1);
  });
});
