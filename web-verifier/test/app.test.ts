/** The built page in a real browser: what a person gives it, and the verdict it shows. @module */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { part } from '../../test/support/parts.ts';
import { LIMITS_WITHOUT_WORKER } from '../src/checker.ts';
import { alter, craftPackage } from './support/craft-package.ts';
import {
  checksOf,
  chooseFile,
  chooseFiles,
  chooseLines,
  openPage,
  PAGE_FILE,
  pinKey,
  readFixtures,
  shownResults,
  shownVerdict,
  verdictBand,
} from './support/open-page.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

const good = craftPackage();
const tampered = alter(good.text, 'https://example.com/webhook', 'https://example.com/webhooj');
const otherKey = craftPackage({ seed: 9 }).publicKeyHex;

describe.skipIf(!part('browser'))('the page', () => {
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

  describe.each(['file', 'http'] as const)('opened over %s', (scheme) => {
    const open = () => openPage(browser, { url: scheme === 'http' ? server.url : PAGE_FILE.href });

    it('verifies a chosen file under the pinned key', async () => {
      const { page, faults } = await open();
      await pinKey(page, good.publicKeyHex);
      await chooseFile(page, good.text);
      expect(await shownVerdict(page)).toBe('verified');
      expect(await checksOf(page, 'fail')).toEqual([]);
      expect(await checksOf(page, 'pass')).toEqual([
        'format',
        'leaf',
        'inclusion',
        'head',
        'signature',
        'checkpoint',
        'key',
      ]);
      await page.getByText('Webhook delivered to https://example.com/webhook').waitFor();
      expect(await page.getByText('claimed, not verified').count()).toBe(0);
      expect(faults).toEqual([]);
    });

    it('refuses a changed file and opens the failing step', async () => {
      const { page } = await open();
      await pinKey(page, good.publicKeyHex);
      await chooseFile(page, tampered);
      expect(await shownVerdict(page)).toBe('invalid E_LEAF_HASH');
      expect((await checksOf(page, 'fail'))[0]).toBe('leaf');
      const leaf = page.locator('[data-check="leaf"]');
      expect(await leaf.getAttribute('open')).not.toBeNull();
      // Both values, each with the byte at which they part.
      expect(await leaf.locator('.comparison .hash').count()).toBe(2);
      expect(await leaf.locator('.comparison mark').count()).toBe(2);
      expect(await page.locator('[data-check="signature"]').getAttribute('open')).toBeNull();
    });

    it('takes a drop anywhere on the page', async () => {
      const { page } = await open();
      await pinKey(page, good.publicKeyHex);
      await dropFile(page, good.text);
      await verdictBand(page).waitFor();
      expect(await shownVerdict(page)).toBe('verified');
    });

    it('takes pasted text', async () => {
      const { page } = await open();
      await pinKey(page, good.publicKeyHex);
      await page.getByText('Paste the text of a proof').click();
      await page.getByLabel('Text of the proof package').fill(good.text);
      await page.getByRole('button', { name: 'Check this text' }).click();
      await verdictBand(page).waitFor();
      expect(await shownVerdict(page)).toBe('verified');
    });
  });

  it('never says verified without a key that the person pinned', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, good.text);
    expect(await shownVerdict(page)).toBe('untrusted E_KEY_UNKNOWN');
    await page.getByText('claimed, not verified').waitFor();
  });

  it('calls the file untrusted under another key', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, otherKey);
    await chooseFile(page, good.text);
    expect(await shownVerdict(page)).toBe('untrusted E_KEY_UNKNOWN');
  });

  it('renews the verdict when a key is pinned or removed afterwards', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, good.text);
    await pinKey(page, good.publicKeyHex);
    await page.locator('[data-verdict="verified"]').waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.locator('[data-verdict="untrusted"]').waitFor();
  });

  it('calls cut-off text malformed', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFile(page, good.text.slice(0, -3));
    expect(await shownVerdict(page)).toBe('malformed E_JSON');
    expect(await page.getByRole('heading', { name: 'What this leaf says' }).count()).toBe(0);
  });

  it('names an unknown version and never hints at tampering', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, alter(good.text, 'kapsel.proof/v1', 'kapsel.proof/v3'));
    expect(await shownVerdict(page)).toBe('malformed E_VERSION');
    const words = await verdictBand(page).textContent();
    expect(words).toContain('format v3');
    expect(words).not.toMatch(/tamper|forge/i);
  });

  it('refuses a file above the limit', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, ' '.repeat(1_048_577));
    expect(await shownVerdict(page)).toBe('malformed E_TOO_LARGE');
  });

  it('says so when a file cannot be read', async () => {
    const { page } = await openPage(browser);
    const folder = mkdtempSync(join(tmpdir(), 'kapsel-page-'));
    const file = join(folder, 'proof.kapsel.json');
    writeFileSync(file, good.text);
    // Gone between the choice and the reading, as on a stick that was pulled.
    await page.exposeFunction('removeIt', () => rmSync(folder, { recursive: true }));
    await page.evaluate(() => {
      const early = (event: Event): void => {
        event.stopImmediatePropagation();
        document.removeEventListener('change', early, true);
        void (window as unknown as { removeIt(): Promise<void> })
          .removeIt()
          .then(() => event.target?.dispatchEvent(new Event('change', { bubbles: true })));
      };
      document.addEventListener('change', early, true);
    });
    await page.setInputFiles('#files', file);
    await verdictBand(page).waitFor();
    expect(await shownVerdict(page)).toBe('error E_IO');
  });

  it('shows how far it is, and lets a later run win', async () => {
    const { page } = await openPage(browser);
    await chooseLines(page, good.text, 20_000);
    await page.getByText(/^(Reading|Checking) \d+/).waitFor();
    await chooseFile(page, good.text);
    expect(await shownVerdict(page)).toBe('untrusted E_KEY_UNKNOWN');
    expect(await page.locator('.result').count()).toBe(0);
    expect(await page.locator('.run-progress').count()).toBe(0);
  });

  it('can be cancelled, and says from where on nothing was checked', async () => {
    const { page } = await openPage(browser);
    await chooseLines(page, good.text, 30_000);
    await page.getByText(/^Checking [1-9]/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('alert').filter({ hasText: 'Cancelled' }).waitFor();
    const heading = await page.locator('#list-heading').textContent();
    const count = Number(heading?.split(' ')[0]);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(30_000);
    // What was read is still known: a key renews the verdicts, of all that was read.
    await pinKey(page, good.publicKeyHex);
    await page.locator('[data-verdict="verified"]').waitFor();
  });

  it('checks ten thousand packages of one file without drawing them all', async () => {
    const { page, faults } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseLines(page, good.text, 10_000);
    await page.getByRole('heading', { name: '10000 items: 10000 verified' }).waitFor();
    expect(await page.locator('.result').count()).toBeLessThan(60);
    const list = page.getByRole('listbox');
    await list.focus();
    await page.keyboard.press('End');
    await page.getByRole('option', { name: 'many.ndjson:10000', selected: true }).waitFor();
    expect(await list.getByRole('option', { selected: true }).getAttribute('aria-setsize')).toBe(
      '10000',
    );
    expect(faults).toEqual([]);
  });

  it('goes on by itself, within narrow limits, where no worker can be had', async () => {
    const { page } = await openPage(browser, { worker: 'none' });
    await pinKey(page, good.publicKeyHex);
    await chooseLines(page, good.text, LIMITS_WITHOUT_WORKER.items + 3);
    await page.getByRole('heading', { name: '200 items: 200 verified' }).waitFor();
    await page.getByRole('alert').filter({ hasText: 'could not run in this browser' }).waitFor();
    await page.getByRole('alert').filter({ hasText: 'There was more' }).waitFor();
  });

  it('lists several files, and starts with the first that is not verified', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFiles(page, [
      { name: 'a.json', text: good.text },
      { name: 'b.json', text: tampered },
      { name: 'c.json', text: 'no proof' },
    ]);
    await page
      .getByRole('heading', { name: '3 items: 1 verified, 1 invalid, 1 malformed' })
      .waitFor();
    expect(await shownVerdict(page)).toBe('invalid E_LEAF_HASH');
    await page.getByRole('option', { name: 'a.json' }).click();
    await page.locator('[data-verdict="verified"]').waitFor();
  });

  it('filters the list, and is walked by keyboard', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, good.publicKeyHex);
    await chooseFiles(page, [
      { name: 'a.json', text: good.text },
      { name: 'b.json', text: tampered },
      { name: 'c.json', text: good.text },
    ]);
    await page.getByRole('button', { name: 'Verified 2' }).click();
    expect(await page.locator('.result-name').allTextContents()).toEqual(['a.json', 'c.json']);
    await page.getByRole('listbox').focus();
    await page.keyboard.press('j');
    await page.getByRole('option', { name: 'a.json', selected: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: 'c.json', selected: true }).waitFor();
    await page.keyboard.press('K');
    await page.getByRole('option', { name: 'a.json', selected: true }).waitFor();
    await page.getByRole('button', { name: 'All 3' }).click();
    expect(await page.locator('.result').count()).toBe(3);
  });

  it('gives every fixture the verdict that it states', async () => {
    const fixtures = readFixtures();
    expect(fixtures.length).toBeGreaterThan(100);
    const { page, faults } = await openPage(browser);
    for (const key of new Set(fixtures.map(({ publicKey }) => publicKey))) await pinOnce(page, key);
    // As many at a time as are drawn whole.
    for (let first = 0; first < fixtures.length; first += 200) {
      const some = fixtures.slice(first, first + 200);
      await chooseFiles(
        page,
        some.map(({ file, text }) => ({ name: file, text })),
      );
      await page.locator('.result', { hasText: some.at(-1)?.file ?? '' }).waitFor();
      expect(await shownResults(page)).toEqual(
        some.map(({ file, expect: verdict }) => ({ name: file, verdict })),
      );
    }
    expect(faults).toEqual([]);
  });

  it('says in a frame whose page it is, and shows no key that was pinned elsewhere', async () => {
    const own = await openPage(browser, { url: server.url });
    await pinKey(own.page, good.publicKeyHex);
    await own.page.getByLabel('Remember on this device').check();
    const outer = await own.page.context().newPage();
    await outer.setContent(`<iframe src="${server.url}" width="900" height="900"></iframe>`);
    const framed = outer.frameLocator('iframe');
    await framed.getByText('Checked by the site you are on.').waitFor();
    expect(await framed.getByText('Pinned by you').count()).toBe(0);
    expect(await own.page.getByText('Checked by the site you are on.').count()).toBe(0);
  });

  it('says what to do where scripts are switched off', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    const text = await page.locator('.notice').textContent();
    expect(text).toContain('kapsel-verify --proof proof.json');
    expect(await page.locator('.fallback').isVisible()).toBe(false);
  });
});

async function pinOnce(page: Page, key: string): Promise<void> {
  const another = page.getByText('Add another key');
  if (await another.isVisible()) await another.click();
  await pinKey(page, key);
}

async function dropFile(page: Page, text: string): Promise<void> {
  await page.evaluate((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'proof.kapsel.json'));
    const event = (type: string): DragEvent =>
      new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
    const target = document.querySelector('footer');
    target?.dispatchEvent(event('dragenter'));
    target?.dispatchEvent(event('drop'));
  }, text);
}
