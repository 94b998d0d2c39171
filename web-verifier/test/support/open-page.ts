/** Opens the built page in a real browser and does what a person does there. @module */
import { readdirSync, readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** The file that `npm run build` leaves behind: what is tested is what is shipped. */
export const PAGE_FILE = new URL('../../dist/kapsel-verify.html', import.meta.url);

const FIXTURES = new URL('../../../fixtures/packages/', import.meta.url);
// A time after every fixture's head, so that the verdicts do not depend on this machine's clock.
export const NOW = new Date('2026-06-01T12:00:00Z');

/** A page and everything it asked the browser to load. */
export interface OpenPage {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly faults: readonly string[];
}

export interface OpenOptions extends BrowserContextOptions {
  readonly url?: string;
  /** `none`: there can be no worker. `stopped`: it has checked three of nine, and no more. `dying`: it dies at once. */
  readonly worker?: 'none' | 'stopped' | 'dying';
  /** What a browser shows that runs no scripts, or not this one. */
  readonly stage?: 'no scripts' | 'old browser';
}

/** Opens the page at an address of its own context; closing the browser closes it. */
export async function openPage(browser: Browser, options: OpenOptions = {}): Promise<OpenPage> {
  const { url = PAGE_FILE.href, worker, stage, ...contextOptions } = options;
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  if (worker === 'none') await page.addInitScript(refuseWorkers);
  if (worker === 'stopped') await page.addInitScript(stopWorkers);
  if (worker === 'dying') await page.addInitScript(killWorkers);
  const requests: string[] = [];
  const faults: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => faults.push(message.text()));
  await page.clock.setFixedTime(NOW);
  if (stage !== undefined) {
    await page.setContent(markupWithoutScript(stage));
    return { page, requests, faults };
  }
  await page.goto(url);
  // React renders in a task of its own, which may come after the load event.
  if (options.javaScriptEnabled !== false) await page.locator('main').waitFor();
  return { page, requests, faults };
}

/** The page's markup as such a browser draws it; here scripts may run, so that axe can look at it. */
function markupWithoutScript(stage: 'no scripts' | 'old browser'): string {
  const markup = readFileSync(PAGE_FILE, 'utf8').replace(/<script[\s\S]*?<\/script>/, '');
  if (stage === 'old browser') return markup;
  // A browser without scripts knows it, and hides the other notice.
  return markup
    .replace(/<(\/?)noscript>/g, '<$1div>')
    .replace(/<p class="fallback">[\s\S]*?<\/p>/, '');
}

function killWorkers(): void {
  window.Worker = class {
    onerror: (() => void) | null = null;
    postMessage(): void {
      queueMicrotask(() => this.onerror?.());
    }
    terminate(): void {}
  } as unknown as typeof Worker;
}

function refuseWorkers(): void {
  window.Worker = class {
    constructor() {
      throw new DOMException('no workers here', 'SecurityError');
    }
  } as unknown as typeof Worker;
}

/** Speaks as `src/check-protocol.ts` says. */
function stopWorkers(): void {
  window.Worker = class {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    postMessage(data: unknown): void {
      const run = (data as { run?: number }).run;
      const progress = { phase: 'checking', done: 3, total: 9 };
      const kind = (data as { message?: { kind: string } }).message?.kind;
      const end = { isCut: false, isCancelled: true, skippedFiles: 0 };
      const message = kind === 'cancel' ? { kind: 'done', end } : { kind: 'progress', progress };
      const answer = run === undefined ? data : { run, message };
      queueMicrotask(() => this.onmessage?.({ data: answer }));
    }
  } as unknown as typeof Worker;
}

/** Pastes a key and says that it is trusted. */
export async function pinKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('Public key of the log').fill(key);
  await page.getByRole('button', { name: 'Trust this key' }).click();
}

/** Chooses one file and waits for its verdict. */
export async function chooseFile(
  page: Page,
  text: string | Uint8Array,
  name = 'proof.kapsel.json',
): Promise<void> {
  await chooseFiles(page, [{ name, text }]);
  await verdictBand(page).waitFor();
}

/** Chooses several files at once. */
export async function chooseFiles(
  page: Page,
  files: readonly { readonly name: string; readonly text: string | Uint8Array }[],
): Promise<void> {
  const payloads = files.map(({ name, text }) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: typeof text === 'string' ? Buffer.from(text) : Buffer.from(text),
  }));
  await page.setInputFiles('#files', payloads);
}

/** Chooses a file with this package on each line. */
export async function chooseLines(page: Page, text: string, count: number): Promise<void> {
  await prepareLines(page, text, count);
  await takePrepared(page);
}

/** Makes that file inside the page, because sending it there would take longer than checking it; the page is not told yet. */
export async function prepareLines(page: Page, text: string, count: number): Promise<void> {
  await page.evaluate(
    ({ line, lines }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([line.repeat(lines)], 'many.ndjson'));
      const input = document.querySelector<HTMLInputElement>('#files');
      if (input === null) throw new Error('no input');
      input.files = transfer.files;
    },
    { line: `${JSON.stringify(JSON.parse(text))}\n`, lines: count },
  );
}

/** Tells the page about the file. */
export async function takePrepared(page: Page): Promise<void> {
  await page.dispatchEvent('#files', 'change');
}

/** The band that says the verdict. */
export function verdictBand(page: Page): Locator {
  return page.locator('[data-verdict]');
}

/** Verdict and code as the page shows them now, such as `invalid E_ROOT_MISMATCH`. */
export async function shownVerdict(page: Page): Promise<string> {
  const band = verdictBand(page);
  const code = await band.getAttribute('data-code');
  return `${await band.getAttribute('data-verdict')} ${code}`.trim();
}

/** The list: the name of each result that is drawn, and its code, or its verdict where it has none. */
export function shownResults(page: Page): Promise<{ name: string; verdict: string }[]> {
  return page.locator('.result').evaluateAll((all) =>
    all.map((each) => ({
      name: each.querySelector('.result-name')?.textContent ?? '',
      verdict: each.getAttribute('data-code') || each.className.replace('result ', ''),
    })),
  );
}

/** The checks of one status, by name and in order. */
export async function checksOf(page: Page, status: 'pass' | 'fail'): Promise<string[]> {
  return page
    .locator(`details.check.${status}`)
    .evaluateAll((all) => all.map((each) => each.getAttribute('data-check') ?? ''));
}

/** One known answer. */
export interface Fixture {
  readonly file: string;
  /** `verified` or a code. */
  readonly expect: string;
  readonly publicKey: string;
  readonly text: string;
}

/** Every package of the fixtures folder. */
export function readFixtures(): Fixture[] {
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));
  return files.sort().map((file) => {
    const fixture = JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8'));
    const text = fixture.package_text ?? JSON.stringify(fixture.package);
    return { file, expect: fixture.expect, publicKey: fixture.public_key, text };
  });
}
