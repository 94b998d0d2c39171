/** Dropping on the page: the veil while dragging, text as well as files, and no way to leave by a near miss. @module */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { craftPackage } from '../support/craft-package.ts';
import { openPage, shownVerdict, verdictBand } from '../support/open-page.ts';

describe.skipIf(!part('browser'))('the drop area', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('shows a veil only while something is dragged over the page', async () => {
    const { page } = await openPage(browser);
    const veil = page.getByText('Drop to check');
    expect(await veil.count()).toBe(0);
    await drag(page, 'dragenter');
    await veil.waitFor();
    await drag(page, 'dragleave');
    await veil.waitFor({ state: 'detached' });
  });

  it('takes dropped text, and never lets the browser open what is dropped', async () => {
    const { page } = await openPage(browser);
    const allowed = [
      await drag(page, 'dragover'),
      await drag(page, 'drop', craftPackage().text),
      await drag(page, 'drop', ''),
    ];
    await verdictBand(page).waitFor();
    expect(await shownVerdict(page)).toBe('untrusted E_KEY_UNKNOWN');
    expect(allowed).toEqual([false, false, false]);
  });
});

/** Sends one event to the edge of the page; true if the browser would go on with its own handling. */
async function drag(page: Page, type: string, text = ''): Promise<boolean> {
  return page.evaluate(
    (event) => {
      const dataTransfer = new DataTransfer();
      if (event.text !== '') dataTransfer.setData('text/plain', event.text);
      const init = { dataTransfer, bubbles: true, cancelable: true, relatedTarget: null };
      return document.documentElement.dispatchEvent(new DragEvent(event.type, init));
    },
    { type, text },
  );
}
