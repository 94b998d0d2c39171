/** The anchor card, in the browser: what is not decided is no fault, and the header that a person gives decides. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { HEIGHT, withAnchor } from '../support/craft-anchor.ts';
import { craftPackage } from '../support/craft-package.ts';
import { chooseFile, openPage, pinKey, shownVerdict, verdictBand } from '../support/open-page.ts';

const good = craftPackage();
const inBlock = withAnchor(good.text, 'block');
const promised = withAnchor(good.text, 'promise');
const OTHER_ROOT = 'ab'.repeat(32);

describe.skipIf(!part('browser'))('the anchor card', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  async function open(text: string) {
    const { page, requests } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, text);
    const give = async (header: string) => {
      await page.getByLabel(`Header or Merkle root of Bitcoin block ${HEIGHT}`).fill(header);
      await page.getByRole('button', { name: 'Use it' }).click();
    };
    return { page, requests, give, card: page.locator('[data-anchor]') };
  }

  it('says pending, and the proof stays verified', async () => {
    const { page, card } = await open(promised.text);
    expect(await shownVerdict(page)).toBe('verified');
    expect(await card.getAttribute('data-anchor')).toBe('pending');
    expect(await card.textContent()).toContain('https://calendar.example/anchors');
    expect(await page.getByLabel(/^Header or Merkle root/).count()).toBe(0);
  });

  it('shows the root to compare, and is confirmed by the one that was compared', async () => {
    const { page, card, give, requests } = await open(inBlock.text);
    expect(await card.getAttribute('data-anchor')).toBe('header_not_given');
    expect((await card.locator('.hash').textContent())?.replaceAll(/\s/g, '')).toBe(
      inBlock.merkleRoot,
    );
    expect(await verdictBand(page).textContent()).toContain('Level A:');
    await give(` ${inBlock.merkleRoot.slice(0, 32)}\n${inBlock.merkleRoot.slice(32)} `);
    await page.locator('[data-anchor="confirmed"]').waitFor();
    expect(await shownVerdict(page)).toBe('verified');
    const words = await verdictBand(page).textContent();
    expect(words).toContain(`Level A+C: logged; existed before Bitcoin block ${HEIGHT}`);
    expect(words).toContain('header you gave');
    await page.getByRole('button', { name: /^Take back what I gave/ }).click();
    await page.locator('[data-anchor="header_not_given"]').waitFor();
    expect(await verdictBand(page).textContent()).toContain('Level A:');
    // Nobody was asked: the page itself, and its worker.
    expect(requests.length).toBe(2);
  });

  it('contradicts under another root, which can be taken back', async () => {
    const { page, give } = await open(inBlock.text);
    await give(OTHER_ROOT);
    await page.locator('[data-anchor="mismatch"]').waitFor();
    expect(await shownVerdict(page)).toBe('invalid E_ANCHOR_MISMATCH');
    await page.getByRole('button', { name: /^Take back what I gave/ }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
  });

  it('refuses what is no header, and a header without its work', async () => {
    const { page } = await open(inBlock.text);
    const field = page.getByLabel(/^Header or Merkle root/);
    for (const text of ['no header', 'ab', OTHER_ROOT.slice(2), 'ff'.repeat(80)]) {
      await field.fill(text);
      await page.getByText('This is no block header with its work').waitFor();
      expect(await page.getByRole('button', { name: 'Use it' }).isDisabled()).toBe(true);
    }
  });

  it('has no place where a proof has no anchor', async () => {
    const { card } = await open(good.text);
    expect(await card.count()).toBe(0);
  });
});
