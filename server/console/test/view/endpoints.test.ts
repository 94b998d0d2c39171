import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../../../../test/support/parts.ts';
import { type Desk, makeEvent, openDesk } from '../support/open-console.ts';

describe.skipIf(!part('browser'))('the endpoints', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  it('are made, with a secret that is shown once', async () => {
    const { page } = await desk.enter('#/endpoints');
    await page.getByRole('button', { name: 'New endpoint' }).click();
    await page.getByLabel('Destination URL').fill('ftp://example.com');
    await page.getByRole('button', { name: 'Make the endpoint' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Destination URL').fill(`${desk.receiver.url}?made`);
    await page.getByLabel('Attempts at most').fill('3');
    await page.getByRole('button', { name: 'Make the endpoint' }).click();
    const secret = await page.getByRole('dialog').getByLabel('Signing secret').inputValue();
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('link', { name: `${desk.receiver.url}?made` }).click();
    await page.getByText('3 at most').waitFor();
    expect(await page.content()).not.toContain(secret);
  });

  it('are changed, but not over what somebody else has changed meanwhile', async () => {
    const id = await desk.api.endpoint(desk.receiver.url, { custom_headers: { 'x-team': 'a' } });
    const { page } = await desk.enter(`#/endpoints/${id}`);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Description').fill('for the warehouse');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('for the warehouse').waitFor();
    // What has no field stays.
    await page.getByText('x-team').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    const body = JSON.stringify({ url: desk.receiver.url, description: 'of somebody else' });
    await desk.api.text('PUT', `/v1/endpoints/${id}`, body);
    await page.getByLabel('Description').fill('mine');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('[data-code="precondition_failed"]').waitFor();
  });

  it('get a test event, whose way can be followed', async () => {
    await desk.receiver.answer(200);
    const id = await desk.api.endpoint(desk.receiver.url);
    const { page } = await desk.enter(`#/endpoints/${id}`);
    await page.getByRole('button', { name: 'Send a test event' }).click();
    await page.getByRole('link', { name: 'see what came of it' }).click();
    const eventId = page.url().split('/').at(-1) ?? '';
    await desk.api.eventWhen(eventId, ({ status }) => status === 'delivered');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: 'Attempt 1 Delivered, 200' }).waitFor();
  });

  it.each([
    { choice: 'Deliver all of them', status: 'delivered' },
    { choice: 'Deliver none of them', status: 'received' },
  ])('are paused and enabled: $choice', async ({ choice, status }) => {
    await desk.receiver.answer(200);
    const id = await desk.api.endpoint(desk.receiver.url);
    const { page } = await desk.enter(`#/endpoints/${id}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('you paused it').waitFor();
    const held = await desk.api.ingest(id, '{}');
    await page.getByRole('button', { name: 'Enable…' }).click();
    await page.getByRole('dialog').getByLabel(choice).check();
    await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    const event = await desk.api.eventWhen(held, (each) => each.status === status);
    expect(event.status).toBe(status);
  });

  it('get another secret, beside which the older one signs for a while', async () => {
    const id = await desk.api.endpoint(desk.receiver.url);
    const { page } = await desk.enter(`#/endpoints/${id}`);
    await page.getByRole('button', { name: 'New secret…' }).click();
    await page.getByLabel('Older secrets sign on for').fill('2');
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    await page.getByRole('heading', { name: 'The new secret signs from now on' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.locator('dd code').count()).toBe(2);
  });

  it('say that their circuit is open, why, and when that changes; and stand first in the list', async () => {
    const { endpointId } = await makeEvent(desk, 503, { max_delay_s: 1, max_attempts: 20 });
    for (let i = 0; i < 12; i++) await desk.api.ingest(endpointId, `{"i":${i}}`);
    const { page } = await desk.enter(`#/endpoints/${endpointId}`);
    await desk.api.call('GET', `/v1/endpoints/${endpointId}`);
    const state = page.getByText(/^(Circuit open|Probing)$/);
    for (let tries = 0; tries < 100 && (await state.count()) === 0; tries++) {
      await page.getByRole('button', { name: 'Refresh' }).click();
      await page.getByRole('button', { name: 'Refresh' }).waitFor();
    }
    await page.getByText(/Too many failures|finds out whether it works/).waitFor();
    await page.getByRole('link', { name: 'Endpoints' }).click();
    await page
      .locator('tbody tr')
      .first()
      .getByText(/Circuit open|Probing/)
      .waitFor();
  });

  it('go on page by page where there are many', async () => {
    for (let i = 0; i < 101; i++) await desk.api.endpoint(desk.receiver.url);
    const { page } = await desk.enter('#/endpoints');
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('link', { name: 'Newest' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(0);
  });

  it('are deleted after a question', async () => {
    const id = await desk.api.endpoint(desk.receiver.url);
    const { page } = await desk.enter(`#/endpoints/${id}`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
    expect((await desk.api.call('GET', `/v1/endpoints/${id}`)).status).toBe(404);
  });

  it('can be seen and not touched by a key that may only read', async () => {
    const { secret } = await desk.keyWith('endpoints:read');
    const id = await desk.api.endpoint(desk.receiver.url);
    const { page } = await desk.enter(`#/endpoints/${id}`, { key: secret });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(await page.locator('main button').allTextContents()).toEqual(['Refresh']);
  });
});
