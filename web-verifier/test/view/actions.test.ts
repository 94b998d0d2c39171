/** What can be done with a finding, in the browser: a link that carries the proof, and a page on paper. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { alter, craftPackage } from '../support/craft-package.ts';
import { chooseFile, openPage, pinKey, shownVerdict, verdictBand } from '../support/open-page.ts';
import { textOfPdf } from '../support/pdf-text.ts';
import { type StaticServer, startStaticServer } from '../support/static-server.ts';

const good = craftPackage({ treeSize: 5_000, leafIndex: 1_234 });
const { inclusion_proof: PROOF } = JSON.parse(good.text);

describe.skipIf(!part('browser'))('the actions', () => {
  let browser: Browser;
  let server: StaticServer;
  beforeAll(async () => {
    browser = await launchBrowser();
    server = await startStaticServer();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('copies a link that checks the proof, and pins nothing', async () => {
    const { page } = await openPage(browser, { url: server.url });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, good.text);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Copied.').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link.length).toBeLessThan(8_192);
    expect(link).not.toContain(good.publicKeyHex);

    const opened = await openPage(browser, { url: `${link}&key=${good.publicKeyHex}` });
    await verdictBand(opened.page).waitFor();
    expect(await shownVerdict(opened.page)).toBe('untrusted E_KEY_UNKNOWN');
    await opened.page.getByText('Came with the link: compare it').waitFor();
    // The server has seen the page's address, and nothing of the proof.
    expect(server.asked.every((path) => path === '/verify')).toBe(true);
  });

  it('shows the link where the browser does not copy', async () => {
    const { page } = await openPage(browser, { url: server.url });
    await chooseFile(page, good.text);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('no'));
    });
    await page.getByRole('button', { name: 'Copy link' }).click();
    expect(await page.getByLabel('The link, to copy by hand').inputValue()).toContain('#proof=');
  });

  it('says so when the proof in the link cannot be read', async () => {
    const { page } = await openPage(browser, { url: `${server.url}#proof=AAAA` });
    await verdictBand(page).waitFor();
    expect(await shownVerdict(page)).toBe('error E_IO');
  });

  it('prints key, verdict, every step, full hashes, version and time', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, good.text);
    const text = textOfPdf(await page.pdf());
    expect(text).toContain('Verified');
    expect(text).toContain(good.keyId);
    expect(text).toContain('Checkedat2026-06-01T12:00:00');
    expect(text).toContain('Kapselpage');
    expect(text).toContain('Ed25519overthe50bytes');
    for (const hash of [PROOF.leaf_hash, PROOF.root_hash, ...PROOF.proof_hashes]) {
      expect(text).toContain(hash);
    }
    expect(text).not.toContain('Choosefiles');
    // What was opened for the paper is folded again.
    await expect.poll(() => page.locator('article details[open]').count()).toBe(0);
  });

  it('prints an invalid proof as such', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, alter(good.text, PROOF.proof_hashes[3], 'f'.repeat(64)));
    const text = textOfPdf(await page.pdf());
    expect(text).toContain('Invalid');
    expect(text).toContain('claimed,notverified');
    expect(text).not.toContain('Verifiedthe');
  });
});
