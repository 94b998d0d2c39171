/** From a webhook to a verdict in a browser: the server's own page, opened over http, checks what the server handed out. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import unpackBrowser from '../support/browser-global-setup.ts';
import { part } from '../support/parts.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type ReceiverProcess, startReceiver } from '../support/receiver-process.ts';
import {
  ApiClient,
  type AttemptJson,
  type ServerProcess,
  startServer,
  testSettings,
} from '../support/server-process.ts';

describe.skipIf(!part('browser'))('a delivered webhook', () => {
  let database: TestDatabase;
  let folder: string;
  let receiver: ReceiverProcess;
  let server: ServerProcess;
  let api: ApiClient;
  let browser: Browser;
  let forgetBrowser: () => Promise<void> | void;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'kapsel-scenario-'));
    receiver = await startReceiver();
    server = await startServer(testSettings(database.connectionString, folder));
    api = new ApiClient(server.url, server.apiKey ?? '');
    forgetBrowser = await unpackBrowser();
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await forgetBrowser?.();
    await server?.end();
    await receiver?.stop();
    await rm(folder, { recursive: true, force: true });
    await database?.drop();
  });

  async function deliver(body: string): Promise<AttemptJson> {
    const eventId = await api.ingest(await api.endpoint(receiver.url), body);
    const { attempts } = await api.eventWhen(eventId, ({ status }) => status === 'delivered');
    const [attempt] = attempts;
    if (attempt === undefined) throw new Error('a delivered event has an attempt');
    return attempt;
  }

  it('is proven by the page, with the package that the server handed out', async () => {
    const attempt = await deliver('{"order":4711}');
    const proof = await api.proof(attempt);
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${server.url}/verify`);
    await page.getByLabel('Public key of the log').fill(server.publicKey);
    await page.getByRole('button', { name: 'Trust this key' }).click();
    await dropFile(page, proof);
    await page.locator('[data-verdict="verified"]').waitFor();
    await page.getByText(`Webhook delivered to ${receiver.url}`).waitFor();
    await page.getByText(attempt.delivery_attempt_id).first().waitFor();

    // One character of what the leaf says.
    await dropFile(page, proof.replace('\\"response_status\\":200', '\\"response_status\\":201'));
    await page.locator('[data-verdict="invalid"][data-code="E_LEAF_HASH"]').waitFor();
    // The page, and the worker that is made of it: nothing of the proof went anywhere.
    const outside = requests.filter((url) => !url.startsWith('blob:'));
    expect(outside).toEqual([`${server.url}/verify`]);
  });
});

/** Drops it onto the page as a person does. */
async function dropFile(page: Page, text: string): Promise<void> {
  await page.evaluate((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'proof.kapsel.json'));
    const event = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.querySelector('main')?.dispatchEvent(new DragEvent('drop', event));
  }, text);
}
