/** Nothing leaves the page, and nothing from a file acts in it. @module */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { part } from '../../test/support/parts.ts';
import { alter, craftPackage } from './support/craft-package.ts';
import {
  chooseFile,
  openPage,
  PAGE_FILE,
  pinKey,
  shownVerdict,
  verdictBand,
} from './support/open-page.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

const good = craftPackage();
const HOSTILE = '<img src=/stolen onerror="pwned=1"><script>pwned=1</script>\u202etxt.exe\u0007';
const ESCAPED = '<img src=/stolen onerror="pwned=1"><script>pwned=1</script>\\u202etxt.exe\\u0007';

describe.skipIf(!part('browser'))('the policy of the page', () => {
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

  it.each(['file', 'http'])(
    'loads nothing but itself and its own worker over %s, whatever is checked',
    async (scheme) => {
      const url = scheme === 'http' ? server.url : PAGE_FILE.href;
      const { page, requests } = await openPage(browser, { url });
      await pinKey(page, good.publicKeyHex);
      await chooseFile(page, good.text);
      await chooseFile(page, hostilePackage().text);
      await page.emulateMedia({ media: 'print' });
      const outside = requests.filter((asked) => !asked.startsWith('blob:'));
      expect(outside).toEqual([url]);
      // The worker is made of the page's own script.
      expect(requests.length).toBe(2);
    },
  );

  it('refuses every way out', async () => {
    const { page } = await openPage(browser, { url: server.url });
    const before = server.asked.length;
    const refused = await page.evaluate(tryEverything, server.origin);
    expect(refused).toEqual({
      fetch: 'connect-src',
      beacon: 'connect-src',
      socket: 'connect-src',
      image: 'img-src',
      script: 'script-src-elem',
      inline: 'script-src-elem',
      frame: 'frame-src',
      form: 'form-action',
      base: 'base-uri',
    });
    expect(server.asked.slice(before)).toEqual([]);
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  });

  it('shows hostile text as text', async () => {
    const { page, faults } = await openPage(browser);
    const hostile = hostilePackage();
    await pinKey(page, hostile.publicKeyHex);
    await chooseFile(page, hostile.text, `${HOSTILE}.json`.replaceAll('/', '_'));
    expect(await shownVerdict(page)).toBe('verified');
    await expectInert(page);
    expect(await page.locator('.claims').textContent()).toContain(ESCAPED);
    expect(await verdictBand(page).locator('.file-name').textContent()).toContain('\\u202e');
    expect(faults).toEqual([]);
  });

  it('shows hostile member names and formats as text', async () => {
    const { page } = await openPage(browser);
    const member = JSON.stringify(HOSTILE);
    await chooseFile(page, alter(good.text, '"leaf_data"', `${member}: 1, "leaf_data"`));
    expect(await shownVerdict(page)).toBe('malformed E_FIELD');
    await expectInert(page);
    await chooseFile(page, alter(good.text, '"kapsel.proof/v1"', member));
    await page.locator('[data-code="E_VERSION"]').waitFor();
    await expectInert(page);
  });
});

function hostilePackage() {
  return craftPackage({ leaf: { endpoint_url: `https://example.com/${HOSTILE}` } });
}

async function expectInert(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    pwned: 'pwned' in window,
    images: document.images.length,
    scripts: document.scripts.length,
    raw: ['\u0007', '\u202e'].some((each) => document.body.textContent.includes(each)),
  }));
  expect(found).toEqual({ pwned: false, images: 0, scripts: 1, raw: false });
}

/** Runs inside the page: tries each way to reach the server, and reports which rule refused it. */
async function tryEverything(origin: string): Promise<Record<string, string>> {
  const refused: Record<string, string> = {};
  const add = (tag: string, attributes: Record<string, string>): HTMLElement => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    document.body.append(element);
    return element;
  };
  const attempts: Record<string, () => unknown> = {
    fetch: () => fetch(`${origin}/out`).catch(() => {}),
    beacon: () => navigator.sendBeacon(`${origin}/out`, 'x'),
    socket: () => new WebSocket(`${origin.replace('http', 'ws')}/out`),
    image: () => add('img', { src: `${origin}/out` }),
    script: () => add('script', { src: `${origin}/out` }),
    inline: () => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
    },
    frame: () => add('iframe', { src: `${origin}/out` }),
    form: () =>
      (add('form', { action: `${origin}/out`, method: 'post' }) as HTMLFormElement).submit(),
    base: () => add('base', { href: `${origin}/out/` }),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    const rule = new Promise<string>((resolve) => {
      const seen = (event: SecurityPolicyViolationEvent): void => resolve(event.effectiveDirective);
      document.addEventListener('securitypolicyviolation', seen, { once: true });
      // Long enough for the event of a refusal, which comes with the next task.
      setTimeout(() => resolve('allowed'), 2_000);
    });
    attempt();
    refused[name] = await rule;
  }
  return refused;
}
