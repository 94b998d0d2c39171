/** The ladder from the leaf to the signed root. @module */
import { createHash } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../../test/support/browser.ts';
import { part } from '../../../test/support/parts.ts';
import { craftPackage } from '../support/craft-package.ts';
import { chooseFile, openPage } from '../support/open-page.ts';

describe.skipIf(!part('browser'))('the ladder', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('has one rung for each sibling, and each rung can be recalculated from what it shows', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, craftPackage({ treeSize: 11, leafIndex: 6 }).text);
    const rungs = await page.locator('.rung:has(dl)').evaluateAll((all) =>
      all.map((each) => ({
        side: each.querySelector('dt:nth-of-type(1)')?.textContent,
        names: [...each.querySelectorAll('dt')].map((name) => name.textContent),
        values: [...each.querySelectorAll('dd')].map((value) => value.textContent),
      })),
    );
    expect(rungs).toHaveLength(4);
    for (const { names, values } of rungs) {
      const [ours = '', sibling = '', parent] = values;
      const pair = names[1] === 'Sibling on the left' ? [sibling, ours] : [ours, sibling];
      const bytes = Buffer.from(`01${pair.join('')}`, 'hex');
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(parent);
    }
    expect(rungs.slice(1).map(({ values }) => values[0])).toEqual(
      rungs.slice(0, -1).map(({ values }) => values[2]),
    );
    expect(await page.locator('.rung.end.equal .hash').textContent()).toBe(rungs.at(-1)?.values[2]);
  });

  it('folds the middle of a long path', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, craftPackage({ treeSize: 5_000, leafIndex: 1_234 }).text);
    await page.getByText('7 more rungs').click();
    expect(await page.locator('.rung:has(> details.rung-text)').count()).toBe(13);
  });

  it('says that the only leaf of a tree is its root', async () => {
    const { page } = await openPage(browser);
    await chooseFile(page, craftPackage({ treeSize: 1, leafIndex: 0 }).text);
    await page.getByText('The tree has one leaf, so its hash is the root.').waitFor();
    const hashes = await page.locator('.ladder .hash').allTextContents();
    expect(new Set(hashes).size).toBe(1);
  });
});
