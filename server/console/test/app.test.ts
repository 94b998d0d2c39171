/** The page as a whole: who gets in, what is left behind in the browser, and what leaves it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../../../test/support/parts.ts';
import { type Desk, makeEvent, openDesk, signIn } from './support/open-console.ts';

describe.skipIf(!part('browser'))('the operator page', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  it('lets in whoever has a key, and keeps nothing of the key', async () => {
    const { page, requests, faults } = await desk.open();
    await signIn(page, desk.apiKey);
    await page.getByText('There are none yet.').waitFor();
    const kept = await page.evaluate(() => ({
      html: document.documentElement.outerHTML,
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      cookies: document.cookie,
      fields: [...document.querySelectorAll('input')].map(({ value }) => value),
    }));
    expect(JSON.stringify(kept)).not.toContain(desk.apiKey);
    expect(kept.cookies).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: 'kapsel-console', httpOnly: true, sameSite: 'Strict' });
    // The page asks its own server alone, and its policy had nothing to refuse.
    expect(requests.filter((url) => !url.startsWith(desk.server.url))).toEqual([]);
    expect(faults).toEqual([]);
    await page.reload();
    await page.getByText('There are none yet.').waitFor();
  });

  it('says that a key is not valid, and empties the field', async () => {
    const { page } = await desk.open();
    await signIn(page, `ksk_${'x'.repeat(43)}`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('API key').inputValue()).toBe('');
    expect(await page.context().cookies()).toEqual([]);
  });

  it('ends the session with its key, wherever the operator is', async () => {
    const { id, secret } = await desk.keyWith('events:read', 'endpoints:read');
    const { page } = await desk.enter('#/endpoints', { key: secret });
    await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
    await desk.api.text('DELETE', `/v1/api-keys/${id}`);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('Your session has ended').waitFor();
    // Whoever signs in again goes on where he was.
    await signIn(page, desk.apiKey);
    await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
  });

  it('signs out', async () => {
    const { page } = await desk.enter();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('says on each screen which scope is missing, and asks the server for nothing there', async () => {
    const { secret } = await desk.keyWith('ingest');
    const { page, requests } = await desk.enter('', { key: secret });
    for (const name of ['Overview', 'Events', 'Endpoints', 'API keys']) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.locator('[data-state="no-permission"]').first().waitFor();
    }
    expect(requests.filter((url) => url.includes('/v1/'))).toEqual([]);
  });

  it('says that the server is away, and goes on when it is back', async () => {
    const { page } = await desk.enter('#/endpoints');
    await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
    await page.route('**/v1/**', (route) => route.abort());
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('[data-state="fault"][data-code="unreachable"]').waitFor();
    await page.unroute('**/v1/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
  });

  it('is used by keyboard alone, from the key to a retry', async () => {
    await makeEvent(desk, 404);
    const { page } = await desk.open();
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await press('Tab');
    await page.keyboard.insertText(desk.apiKey);
    await press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await press('Tab', 'Tab');
    expect(await focused()).toBe('Events');
    await press('Enter');
    await page.locator('tbody tr').first().waitFor();
    // Another screen: the next stop is its first control, the filter.
    await press('Tab', 'Tab');
    expect(await focused()).toBe('Dead letters');
    await press('Enter');
    await page.getByRole('button', { name: 'Retry all that match' }).focus();
    await press('Enter');
    await page.getByRole('heading', { name: 'Retry 1 dead letter?' }).waitFor();
    expect(await focused()).toBe('Retry 1');
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Retry all that match…');
    await press('Enter');
    await page.getByRole('heading', { name: 'Retry 1 dead letter?' }).waitFor();
    await press('Enter');
    await page.getByText('1 event queued').waitFor();
  });

  it('is refused every way out that its policy does not name', async () => {
    const { page } = await desk.enter();
    await page.evaluate(() => {
      const seen = new Set<string>();
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        seen.add(effectiveDirective);
        document.body.dataset.refused = [...seen].sort().join(' ');
      });
      fetch('http://127.0.0.1:9/out').catch(() => undefined);
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      const image = document.createElement('img');
      image.src = '/out.png';
      const frame = document.createElement('iframe');
      frame.src = '/verify';
      document.body.append(script, image, frame);
    });
    const all = 'connect-src frame-src img-src script-src-elem';
    await page.locator(`body[data-refused="${all}"]`).waitFor({ state: 'attached' });
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  });
});
