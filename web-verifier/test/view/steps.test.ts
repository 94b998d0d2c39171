/** The list of checks: what failed is open, what was skipped is named and never a tick. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { alter, craftPackage } from '../support/craft-package.ts';
import { checksOf, chooseFile, openPage, pinKey, shownVerdict } from '../support/open-page.ts';

const good = craftPackage();

describe.skipIf(!part('browser'))('the checks', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('opens only what failed, and marks the byte at which the roots part', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    const [, sibling = ''] = /"proof_hashes": \[\s*"([0-9a-f]{64})/.exec(good.text) ?? [];
    await chooseFile(page, alter(good.text, sibling, sibling.replace(/../, flipped)));
    expect(await shownVerdict(page)).toBe('invalid E_ROOT_MISMATCH');
    expect(await checksOf(page, 'fail')).toEqual(['inclusion']);
    expect(await page.locator('.check[open]').count()).toBe(1);
    const shown = await page
      .locator('[data-check="inclusion"] .comparison .hash')
      .allTextContents();
    const marked = await page.locator('[data-check="inclusion"] mark').allTextContents();
    expect(shown).toHaveLength(2);
    const [left = '', right = ''] = shown;
    const byte = [...Array(32).keys()].find(
      (i) => left.slice(2 * i, 2 * i + 2) !== right.slice(2 * i, 2 * i + 2),
    );
    expect(marked).toEqual(shown.map((hex) => hex.slice(2 * (byte ?? 0), 2 * (byte ?? 0) + 2)));
    await page.getByText(`The first difference is at byte ${(byte ?? 0) + 1}.`).waitFor();
  });

  it('keeps showing that the head is good when only the path is broken', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, alter(good.text, '"leaf_index": 6', '"leaf_index": 5'));
    expect(await checksOf(page, 'fail')).toEqual(['inclusion']);
    expect(await checksOf(page, 'pass')).toEqual([
      'format',
      'leaf',
      'head',
      'signature',
      'checkpoint',
      'key',
    ]);
  });

  it('does not call a head signed whose signature failed, whatever key it names', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, alter(good.text, /"signature": "../, '"signature": "00'));
    expect(await shownVerdict(page)).toBe('invalid E_STH_SIGNATURE');
    const words = await page.locator('.band .file').textContent();
    expect(words).toContain('claims to be signed by key');
    const signed = page.locator('.band', { hasText: /json\s*signed by/ });
    expect(await signed.count()).toBe(0);
  });

  it('names each skipped check with a reason and draws no tick for it', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, good.text);
    const skipped = page.locator('details.check.skipped');
    expect(await skipped.locator('summary').textContent()).toContain(
      'payload, receipt, anchor, disclosure, policy',
    );
    expect(await skipped.locator('dd').count()).toBe(5);
    const tick = await page.locator('.check.pass .sign path').first().getAttribute('d');
    expect(await skipped.locator('.sign path').getAttribute('d')).not.toBe(tick);
  });

  it('shows the signed bytes part by part', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, good.text);
    const signature = page.locator('[data-check="signature"]');
    await signature.locator('summary').click();
    const words = await signature.textContent();
    expect(words).toContain('Time: 2026-01-15T10:30:46Z');
    expect(words).toContain('Tree size: 11');
    expect(words).toContain(good.publicKeyHex);
  });
});

function flipped(byte: string): string {
  return (Number.parseInt(byte, 16) ^ 1).toString(16).padStart(2, '0');
}
