/** The key bar: what counts as trusted, and what does not. @module */
import { generateKeyPairSync } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { craftPackage } from '../support/craft-package.ts';
import {
  chooseFile,
  chooseFiles,
  openPage,
  PAGE_FILE,
  pinKey,
  shownVerdict,
} from '../support/open-page.ts';

const good = craftPackage();
const link = `${PAGE_FILE.href}#key=${good.publicKeyHex}`;

describe.skipIf(!part('browser'))('the key bar', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('shows the whole fingerprint before and after the key is trusted', async () => {
    const { page } = await openPage(browser);
    await page.getByLabel('Public key of the log').fill(good.publicKeyHex);
    expect(await page.locator('.fingerprint .hash').textContent()).toBe(good.keyId);
    expect(await page.locator('.fingerprint .group').count()).toBe(16);
    await page.getByRole('button', { name: 'Trust this key' }).click();
    await page.getByText('Pinned by you').waitFor();
    expect(await page.locator('.pinned .hash').textContent()).toBe(good.keyId);
  });

  it('never counts a key from the link as pinned', async () => {
    const { page } = await openPage(browser, { url: link });
    await page.getByText('Came with the link: compare it').waitFor();
    await chooseFile(page, good.text);
    expect(await shownVerdict(page)).toBe('untrusted E_KEY_UNKNOWN');
    await page.getByRole('button', { name: 'I compared it: trust this key' }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
    expect(await page.getByText('Came with the link').count()).toBe(0);
  });

  it('follows a link that changes while the page is open, and ignores one without a key', async () => {
    const { page } = await openPage(browser, { url: `${PAGE_FILE.href}#key=nonsense%` });
    expect(await page.getByText('Came with the link').count()).toBe(0);
    await page.evaluate((hash) => {
      window.location.hash = hash;
    }, new URL(link).hash);
    await page.getByText('Came with the link: compare it').waitFor();
  });

  it('refuses a private key and does not keep it on the screen', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { page } = await openPage(browser);
    await page.getByLabel('Public key of the log').fill(pem);
    await page.locator('.field-note .fault').waitFor();
    expect(await page.getByLabel('Public key of the log').inputValue()).toBe('');
    expect(await page.content()).not.toContain(pem.split('\n')[1]);
    expect(await page.getByRole('button', { name: 'Trust this key' }).isDisabled()).toBe(true);
  });

  it('has a key remembered before the next picture, so that leaving at once loses nothing', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await page.getByLabel('Remember on this device').waitFor();
    const remembered = await page.evaluate(async () => {
      // The person is gone before anything is drawn or any time passes.
      window.requestAnimationFrame = () => 0;
      window.setTimeout = (() => 0) as unknown as typeof window.setTimeout;
      document.querySelector<HTMLInputElement>('.check-box input')?.click();
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        port2.postMessage(null);
      });
      return window.localStorage.getItem('kapsel.keys.v1');
    });
    expect(remembered).toContain(good.publicKeyHex);
  });

  it('copies the fingerprint, or selects it where the browser does not copy', async () => {
    const { page } = await openPage(browser);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await pinKey(page, good.publicKeyHex);
    await page.getByRole('button', { name: 'Copy: fingerprint' }).click();
    const copied = page.getByRole('button', { name: 'fingerprint: copied' });
    await copied.waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(good.keyId);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('no'));
    });
    await copied.click();
    await page.getByRole('button', { name: 'Copy: fingerprint' }).waitFor();
    expect(await page.evaluate(() => String(window.getSelection()))).toBe(good.keyId);
  });

  it('accepts a PEM key with its line ends', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const { page } = await openPage(browser);
    await pinKey(page, publicKey.export({ type: 'spki', format: 'pem' }).toString());
    await page.getByText('Pinned by you').waitFor();
  });

  it('offers to trust a key file that was chosen beside the proof, and then puts it away', async () => {
    const { page } = await openPage(browser);
    await chooseFiles(page, [
      { name: 'proof.json', text: good.text },
      { name: 'public-key.hex', text: `${good.publicKeyHex}\n` },
    ]);
    await page.getByRole('option', { name: 'public-key.hex' }).click();
    await page.getByRole('button', { name: /Trust this key \(/ }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
    expect(await page.locator('.result').count()).toBe(0);
  });
});
