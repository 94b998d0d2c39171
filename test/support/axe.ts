/** What axe-core has to say about a page as it is shown, and whether it fits its window. @module */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

/** Evaluate it in the page first. */
export const AXE: string = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

export const AXE_RULES: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'],
  resultTypes: ['violations'],
};

/** One line a finding: the rule, and the first element that breaks it. */
export async function findingsOfAxe(page: Page, options: RunOptions): Promise<string[]> {
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
export function overflowing(): string[] {
  const width = document.documentElement.clientWidth;
  const beyond = [...document.body.querySelectorAll('*')].filter(
    (each) => each.getBoundingClientRect().right > width + 0.5 && !each.closest('.visually-hidden'),
  );
  const scrolls = document.documentElement.scrollWidth > width ? ['the page scrolls'] : [];
  return [...beyond.map((each) => each.outerHTML.slice(0, 80)), ...scrolls];
}
