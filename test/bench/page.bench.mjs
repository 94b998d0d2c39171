// @ts-check
/** The built verifier page in Chromium: ten thousand packages of one file, and whether the page can be used meanwhile. @module */
import { loadavg } from 'node:os';
import { defaultServerConditions, runnerImport } from 'vite';

export const about =
  'the verifier page in Chromium: packages of one .ndjson, and the longest task of the page’s thread';
export const needsPeers = false;

const FULL = { packages: 10_000, rounds: 5 };
const QUICK = { packages: 200, rounds: 1 };
const MAX_S = 3;
const MAX_TASK_MS = 100;
const conditions = ['@kapsel/source', ...defaultServerConditions];

/** @param {{ quick: boolean, say: (line: string) => void }} options @returns {Promise<import('./run.mjs').Measured>} */
export async function measure({ quick, say }) {
  const size = quick ? QUICK : FULL;
  const busy = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  /** @type {typeof import('../support/browser-global-setup.ts')} */
  const { default: unpackBrowser } = await load('test/support/browser-global-setup.ts');
  const forgetBrowser = await unpackBrowser();
  /** @type {typeof import('../support/browser.ts')} */
  const { launchBrowser } = await load('test/support/browser.ts');
  const browser = await launchBrowser();
  /** @type {{ seconds: number, taskMs: number }[]} */
  const rounds = [];
  try {
    for (let i = 0; i < size.rounds; i++) {
      const round = await oneRound(browser, size.packages);
      say(`${round.seconds.toFixed(2)} s, longest task ${round.taskMs} ms`);
      rounds.push(round);
    }
  } finally {
    await browser.close();
    await forgetBrowser();
  }
  const seconds = median(rounds.map((round) => round.seconds));
  const taskMs = Math.max(...rounds.map((round) => round.taskMs));
  return {
    load: `${size.packages} packages in one .ndjson, ${size.rounds} fresh pages; load average at the start ${busy}`,
    figures: {
      packages: size.packages,
      page_s: Number(seconds.toFixed(2)),
      longest_task_ms: taskMs,
    },
    ceilings: {},
    peers: {},
    ratios: {},
    goals: [
      {
        name: `${size.packages} packages within ${MAX_S} s`,
        measured: seconds,
        met: seconds <= MAX_S,
      },
      {
        name: `no task of the page's thread above ${MAX_TASK_MS} ms`,
        measured: taskMs,
        met: taskMs <= MAX_TASK_MS,
      },
    ],
  };
}

/** @param {import('playwright-core').Browser} browser @param {number} packages */
async function oneRound(browser, packages) {
  /** @type {typeof import('../../web-verifier/test/support/open-page.ts')} */
  const open = await load('web-verifier/test/support/open-page.ts');
  /** @type {typeof import('../../web-verifier/test/support/craft-package.ts')} */
  const { craftPackage } = await load('web-verifier/test/support/craft-package.ts');
  const good = craftPackage({ treeSize: 5_000, leafIndex: 1_234 });
  const { page } = await open.openPage(browser);
  await open.pinKey(page, good.publicKeyHex);
  await open.prepareLines(page, good.text, packages);
  await page.evaluate(() => {
    const tasks = /** @type {{ longestTask: number }} */ (/** @type {unknown} */ (window));
    tasks.longestTask = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        tasks.longestTask = Math.max(tasks.longestTask, duration);
      }
    }).observe({ entryTypes: ['longtask'] });
  });
  const startedMs = performance.now();
  await open.takePrepared(page);
  await page.getByRole('heading', { name: `${packages} items: ${packages} verified` }).waitFor();
  const seconds = (performance.now() - startedMs) / 1_000;
  // What follows the end of the run counts too: the list is drawn, and one finding.
  await open.verdictBand(page).waitFor();
  const taskMs = await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)));
    return /** @type {{ longestTask: number }} */ (/** @type {unknown} */ (window)).longestTask;
  });
  await page.context().close();
  return { seconds, taskMs };
}

/** @template Module @param {string} path @returns {Promise<Module>} */
async function load(path) {
  const file = new URL(`../../${path}`, import.meta.url).pathname;
  return (await runnerImport(file, { ssr: { resolve: { conditions } } })).module;
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
