/** The built operator page of a real server, in a real browser: what is tested is what is shipped. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../../../test/support/browser.ts';
import { createTestDatabase } from '../../../../test/support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../../../../test/support/receiver-process.ts';
import {
  ApiClient,
  type ServerProcess,
  startServer,
  testSettings,
} from '../../../../test/support/server-process.ts';

/** A page and everything it asked for, and everything that the browser had to complain about. */
export interface OpenConsole {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly faults: readonly string[];
}

export interface Desk {
  readonly browser: Browser;
  readonly server: ServerProcess;
  /** The server's own. */
  readonly databaseUrl: string;
  readonly receiver: ReceiverProcess;
  readonly api: ApiClient;
  readonly apiKey: string;
  /** A browser of somebody who was never here. */
  open(options?: BrowserContextOptions): Promise<OpenConsole>;
  /** The same, signed in with the key, at the place that the fragment names. */
  enter(
    fragment?: string,
    options?: BrowserContextOptions & { readonly key?: string },
  ): Promise<OpenConsole>;
  /** The secret of one more key of the tenant. */
  keyWith(...scopes: readonly string[]): Promise<{ readonly id: string; readonly secret: string }>;
  close(): Promise<void>;
}

export async function openDesk(): Promise<Desk> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-console-'));
  const receiver = await startReceiver();
  const server = await startServer(testSettings(database.connectionString, folder));
  const apiKey = server.apiKey ?? '';
  const api = new ApiClient(server.url, apiKey);
  const browser = await launchBrowser();

  const open = async (options: BrowserContextOptions = {}): Promise<OpenConsole> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const requests: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // The browser notes each refusal of the API; the tests look at what the page makes of it.
      const isRefusal = message.text().startsWith('Failed to load resource');
      if (!isRefusal) faults.push(message.text());
    });
    await page.goto(`${server.url}/console`);
    await page.locator('main').waitFor();
    return { page, requests, faults };
  };

  return {
    browser,
    server,
    databaseUrl: database.connectionString,
    receiver,
    api,
    apiKey,
    open,
    async enter(fragment = '', { key = apiKey, ...options } = {}) {
      const opened = await open(options);
      await signIn(opened.page, key);
      await opened.page.getByRole('navigation', { name: 'Screens' }).waitFor();
      if (fragment !== '') await opened.page.goto(`${server.url}/console${fragment}`);
      return opened;
    },
    async keyWith(...scopes) {
      return JSON.parse(await api.text('POST', '/v1/api-keys', JSON.stringify({ scopes })));
    },
    async close() {
      await browser.close();
      await server.end();
      await receiver.stop();
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** An endpoint at the receiver, and an event of it that has become as asked for. */
export async function makeEvent(
  { api, receiver }: Desk,
  behaviour: 200 | 404 | 503,
  settings: object = {},
): Promise<{ readonly endpointId: string; readonly eventId: string }> {
  await receiver.answer(behaviour);
  const endpointId = await api.endpoint(`${receiver.url}?answers=${behaviour}`, settings);
  const eventId = await api.ingest(endpointId, '{"order":7}');
  const event = await api.eventWhen(
    eventId,
    ({ attempts }) => attempts.length > 0 && attempts.every(({ outcome }) => outcome !== null),
  );
  for (const attempt of event.attempts) await api.proof(attempt);
  return { endpointId, eventId };
}
