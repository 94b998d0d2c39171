/** Every state of the page, in light and dark: axe-core has nothing to say, and 320 px are enough, which is a zoom of 400 %. @module */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { part } from '../../test/support/parts.ts';
import { openPage } from './support/open-page.ts';
import { PAGE_STATES } from './support/page-states.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'],
  resultTypes: ['violations'],
};
// What a window of 1280 by 1024 shows at a zoom of 400 %.
const VIEWPORT = { width: 320, height: 256 };

describe.skipIf(!part('browser'))('the states of the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it.each(Object.keys(PAGE_STATES))('can be used by everyone: %s', async (name) => {
    const state = PAGE_STATES[name];
    const options = { viewport: VIEWPORT, colorScheme: 'light', ...state?.options } as const;
    const { page, faults } = await openPage(browser, options);
    await state?.reach(page);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(openEverything);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(AXE);
    expect(await findingsOfAxe(page, RULES)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    // Nothing but the colours has changed.
    expect(await findingsOfAxe(page, { ...RULES, runOnly: ['color-contrast'] })).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('is judged by an axe that does find things', async () => {
    const { page } = await openPage(browser);
    await page.evaluate(() => {
      const faint = document.createElement('p');
      faint.textContent = 'hard to read';
      faint.style.color = '#ddd';
      document.querySelector('main')?.append(faint, document.createElement('button'));
    });
    await page.evaluate(AXE);
    expect(await findingsOfAxe(page, RULES)).toHaveLength(2);
  });
});

function openEverything(): void {
  for (const details of document.querySelectorAll('details')) details.open = true;
}

/** One line a finding: the rule, and the first element that breaks it. */
async function findingsOfAxe(page: Page, options: RunOptions): Promise<string[]> {
  const { violations } = await page.evaluate(
    (given) =>
      (window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(
        given,
      ),
    options,
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`);
}

/** Elements that reach beyond the right edge, and the page itself if it scrolls sideways. */
function overflowing(): string[] {
  const width = document.documentElement.clientWidth;
  const beyond = [...document.body.querySelectorAll('*')].filter(
    (each) => each.getBoundingClientRect().right > width + 0.5 && !each.closest('.visually-hidden'),
  );
  const scrolls = document.documentElement.scrollWidth > width ? ['the page scrolls'] : [];
  return [...beyond.map((each) => each.outerHTML.slice(0, 80)), ...scrolls];
}
