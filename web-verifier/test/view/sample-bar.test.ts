/** The sample in the browser: try it, break a copy, leave it; and what the device remembers between two visits. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { craftPackage } from '../support/craft-package.ts';
import { checksOf, chooseFile, openPage, pinKey, shownVerdict } from '../support/open-page.ts';

const good = craftPackage();

describe.skipIf(!part('browser'))('the sample', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('shows a verified proof, and which check finds a change in a copy', async () => {
    const { page } = await openPage(browser);
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
    await page.getByRole('button', { name: 'One sibling' }).click();
    await page.locator('[data-verdict="invalid"]').waitFor();
    await page.getByRole('heading', { name: 'This is a changed copy of the sample' }).waitFor();
    expect(await checksOf(page, 'fail')).toEqual(['inclusion']);
    await page.getByRole('button', { name: 'Undo the change' }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
    await page.getByRole('button', { name: 'Leave the sample' }).click();
    await page.getByRole('heading', { name: 'Which proof?' }).waitFor();
    expect(await page.locator('[data-verdict]').count()).toBe(0);
  });

  it('never lends its key to what a person gives', async () => {
    const { page } = await openPage(browser);
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
    // The same log, index and tree as the sample: only the trust differs.
    await page.getByText('Paste the text of a proof').click();
    await page.getByLabel('Text of the proof package').fill(good.text);
    await page.getByRole('button', { name: 'Check this text' }).click();
    await page.locator('[data-verdict="untrusted"]').waitFor();
    expect(await page.getByRole('heading', { name: 'This is a sample' }).count()).toBe(0);
  });
});

describe.skipIf(!part('browser'))('the memory of the device', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('keeps keys only when the person says so', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await page.reload();
    await page.getByLabel('Public key of the log').waitFor();
    expect(await page.getByText('Pinned by you').count()).toBe(0);
    await pinKey(page, good.publicKeyHex);
    await page.getByLabel('Remember on this device').check();
    await page.reload();
    await page.getByText('Pinned by you').waitFor();
    await chooseFile(page, good.text);
    expect(await shownVerdict(page)).toBe('verified');
    await page.getByLabel('Remember on this device').uncheck();
    await page.reload();
    await page.getByLabel('Public key of the log').waitFor();
    expect(await page.getByText('Pinned by you').count()).toBe(0);
  });

  it('keeps the look', async () => {
    const { page } = await openPage(browser, { colorScheme: 'light' });
    const scheme = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await scheme();
    await page.getByLabel('Look').selectOption('dark');
    await expect.poll(scheme).not.toBe(light);
    const dark = await scheme();
    await page.reload();
    await page.locator('main').waitFor();
    await expect.poll(scheme).toBe(dark);
  });
});
