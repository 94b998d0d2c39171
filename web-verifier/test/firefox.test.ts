/** The built page in Firefox: the same verdicts as in Chromium, and nothing leaves it. @module */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchFirefox } from '../../test/support/firefox.ts';
import { part } from '../../test/support/parts.ts';
import { alter, craftPackage } from './support/craft-package.ts';
import { PAGE_FILE } from './support/open-page.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

const good = craftPackage();
const tampered = alter(good.text, 'https://example.com/webhook', 'https://example.com/webhooj');

describe.skipIf(!part('firefox'))('the page in Firefox', () => {
  let browser: Browser;
  let server: StaticServer;
  beforeAll(async () => {
    browser = await launchFirefox();
    server = await startStaticServer();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each(['file', 'http'])('goes its whole way over %s, and asks for nothing', async (scheme) => {
    const url = scheme === 'http' ? server.url : PAGE_FILE.href;
    const page = await browser.newPage();
    const requests: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(url);

    await giveFile(page, 'proof.kapsel.json', good.text);
    await page.waitForSelector('[data-code="E_KEY_UNKNOWN"]');
    await page.type('.key-form textarea', good.publicKeyHex);
    await page.click('.key-form button');
    await page.waitForSelector('[data-verdict="verified"]');
    await giveFile(page, 'proof.kapsel.json', tampered);
    await page.waitForSelector('[data-code="E_LEAF_HASH"]');
    expect(await page.$$eval('[data-check="leaf"] mark', (marks) => marks.length)).toBe(2);

    const line = `${JSON.stringify(JSON.parse(good.text))}\n`;
    await giveFile(page, 'many.ndjson', line, 1_000);
    await page.waitForSelector('[data-verdict="verified"]');
    expect(await textOf(page, '#list-heading')).toBe('1000 items: 1000 verified');
    // It was the worker: a page without one says so.
    expect(await page.$('[role="alert"]')).toBeNull();

    await page.reload();
    await page.locator('button.link').click();
    await page.waitForSelector('[data-verdict="verified"]');
    await page.locator('.sample .filter button:nth-of-type(3)').click();
    await page.waitForSelector('[data-verdict="invalid"]');

    // Loaded twice, by this test; Firefox notes no loading of files. The worker (blob:) and the icon (data:) are in the page.
    const loaded = requests.filter((asked) => !/^(blob|data):/.test(asked));
    expect(loaded).toEqual(scheme === 'http' ? [url, url] : []);
    expect(faults).toEqual([]);
    if (scheme === 'http') expect(server.asked.filter((path) => path !== '/verify')).toEqual([]);
    await page.close();
  });
});

/** Drops a file that is made inside the page. */
async function giveFile(page: Page, name: string, text: string, times = 1): Promise<void> {
  await page.evaluate(
    (fileName, content, count) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content.repeat(count)], fileName));
      const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('drop', options));
    },
    name,
    text,
    times,
  );
}

function textOf(page: Page, selector: string): Promise<string | null> {
  return page.$eval(selector, (element) => element.textContent);
}
