// @ts-check
/** `npm run shots`: takes a picture of every state of the built page, on a phone and on a desk, in light and dark. @module */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { defaultServerConditions, runnerImport } from 'vite';

const FOLDER = new URL('../shots/', import.meta.url);
const SCREENS = {
  phone: { width: 390, height: 844 },
  desk: { width: 1_280, height: 900 },
};
const conditions = ['@kapsel/source', ...defaultServerConditions];

/** @template Module @param {string} path @returns {Promise<Module>} */
async function load(path) {
  const file = new URL(`../../${path}`, import.meta.url).pathname;
  return (await runnerImport(file, { ssr: { resolve: { conditions } } })).module;
}

/** @type {typeof import('../../test/support/browser-global-setup.ts')} */
const { default: unpackBrowser } = await load('test/support/browser-global-setup.ts');
/** @type {typeof import('../../test/support/browser.ts')} */
const { launchBrowser } = await load('test/support/browser.ts');
/** @type {typeof import('../test/support/open-page.ts')} */
const { openPage } = await load('web-verifier/test/support/open-page.ts');
/** @type {typeof import('../test/support/page-states.ts')} */
const { PAGE_STATES } = await load('web-verifier/test/support/page-states.ts');

// Words on the command line choose the states whose names hold one of them.
const words = process.argv.slice(2);
const states = Object.entries(PAGE_STATES).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER);
const forgetBrowser = await unpackBrowser();
const browser = await launchBrowser();
try {
  for (const [name, { reach, options }] of states) {
    const file = name.replaceAll(/[^a-z0-9]+/g, '-');
    for (const [screen, viewport] of Object.entries(SCREENS)) {
      const { page } = await openPage(browser, { ...options, viewport, colorScheme: 'light' });
      await reach(page);
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        await page.emulateMedia({ colorScheme });
        const picture = await page.screenshot({ fullPage: true });
        await writeFile(new URL(`${file}.${screen}.${colorScheme}.png`, FOLDER), picture);
      }
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  await forgetBrowser();
}
process.stdout.write(`${states.length} states in web-verifier/shots/\n`);
