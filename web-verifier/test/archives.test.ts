/** Archives in a real browser: each of the fixtures gives what it says, under any name and with a reason. @module */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { readFixtureArchive, readFixtureArchives } from '../../test/support/fixture-archives.ts';
import { part } from '../../test/support/parts.ts';
import {
  chooseFiles,
  openPage,
  pinKey,
  shownResults,
  shownVerdict,
  verdictBand,
} from './support/open-page.ts';

const ARCHIVES = readFixtureArchives();
const KEY = ARCHIVES[0]?.publicKey ?? '';

describe.skipIf(!part('browser'))('an archive', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('of the fixtures gives what it says', async () => {
    const { page, faults, requests } = await openPage(browser);
    await pinKey(page, KEY);
    await chooseFiles(
      page,
      ARCHIVES.map(({ name, bytes }) => ({ name, text: bytes })),
    );
    await page
      .locator('.result', { hasText: ARCHIVES.at(-1)?.name ?? '' })
      .first()
      .waitFor();
    const found = new Map<string, string[]>();
    for (const { name, verdict } of await shownResults(page)) {
      const archive = name.split('!')[0] ?? '';
      found.set(archive, [...(found.get(archive) ?? []), verdict]);
    }
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(ARCHIVES.map(({ name, expect: want }) => [name, want])),
    );
    expect(faults).toEqual([]);
    expect(requests.length).toBe(2);
  });

  it('is told by its first bytes, whatever it is called, and names its entries', async () => {
    const { page } = await openPage(browser);
    await pinKey(page, KEY);
    const { bytes } = readFixtureArchive('sound-two-files.zip');
    await chooseFiles(page, [{ name: 'download', text: bytes }]);
    await page.getByRole('heading', { name: '2 items: 2 verified' }).waitFor();
    expect((await shownResults(page)).map(({ name }) => name)).toEqual([
      'download!a.json',
      'download!b.json',
    ]);
  });

  it('that is refused as a whole says why', async () => {
    const { page } = await openPage(browser);
    const { name, bytes } = readFixtureArchive('bad-name-climbs.zip');
    await chooseFiles(page, [{ name, text: bytes }]);
    await verdictBand(page).waitFor();
    expect(await shownVerdict(page)).toBe('malformed E_FIELD');
    await page.getByText('A name in the archive leads out of its folder.').waitFor();
    expect(await page.locator('.steps').count()).toBe(0);
  });
});
