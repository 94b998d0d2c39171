import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../../../../test/support/parts.ts';
import { type Desk, makeEvent, openDesk } from '../support/open-console.ts';

describe.skipIf(!part('browser'))('the events', () => {
  let desk: Desk;
  let dead: { endpointId: string; eventId: string };
  let good: { endpointId: string; eventId: string };
  beforeAll(async () => {
    desk = await openDesk();
    dead = await makeEvent(desk, 404);
    for (let i = 0; i < 29; i++) await desk.api.ingest(dead.endpointId, `{"i":${i}}`);
    const last = await desk.api.ingest(dead.endpointId, '{"i":"last"}');
    await desk.api.eventWhen(last, ({ status }) => status === 'failed');
    good = await makeEvent(desk, 200);
  });
  afterAll(() => desk?.close());

  it('are filtered by what stands in the address, which can be kept', async () => {
    const { page } = await desk.enter('#/events');
    await page.getByRole('link', { name: 'Delivered' }).click();
    await page.getByText('1 event,').waitFor();
    expect(await page.locator('tbody a').first().textContent()).toBe(good.eventId);
    await page.getByLabel('Endpoint').selectOption(dead.endpointId);
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('heading', { name: 'No events match' }).waitFor();
    expect(page.url()).toContain(`#/events?status=delivered&endpoint_id=${dead.endpointId}`);
    await page.getByLabel('Before (UTC)').fill('2020-01-01T00:00');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/until=2020-01-01T00%3A00%3A00.000Z/);
    await page.reload();
    expect(await page.getByLabel('Before (UTC)').inputValue()).toBe('2020-01-01T00:00');
    expect(await page.getByLabel('Endpoint').inputValue()).toBe(dead.endpointId);
    await page.goBack();
    expect(await page.getByLabel('Before (UTC)').inputValue()).toBe('');
  });

  it('go on page by page, without gap or repetition', async () => {
    const { page } = await desk.enter('#/events?status=failed');
    const ids = async () => {
      await page.locator('tbody tr').first().waitFor();
      return page.locator('tbody th').allTextContents();
    };
    const first = await ids();
    expect(first).toHaveLength(25);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('link', { name: 'Newest' }).waitFor();
    const second = await ids();
    expect(new Set([...first, ...second]).size).toBe(first.length + second.length);
    await page.getByRole('link', { name: 'Newest' }).click();
    await page.getByRole('link', { name: 'Older' }).waitFor();
    expect(await ids()).toEqual(first);
  });

  it('are retried as many as the server counted, once, and it is said what came of it', async () => {
    const { page } = await desk.enter(`#/events?status=failed&endpoint_id=${dead.endpointId}`);
    await desk.receiver.answer(200);
    const before = desk.receiver.arrivals.length;
    await page.getByRole('button', { name: 'Retry all that match' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Retry 31 dead letters?' }).waitFor();
    // Nothing has happened until it is agreed to.
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(desk.receiver.arrivals.length).toBe(before);
    await page.getByRole('button', { name: 'Retry all that match' }).click();
    await dialog.getByRole('button', { name: 'Retry 31' }).click();
    await page.getByText('31 events queued').waitFor();
    await desk.receiver.arrived(before + 31);
    await page.getByRole('heading', { name: 'No events match' }).waitFor();
  });

  it('of a paused endpoint are held, and shown as that', async () => {
    await desk.api.text('POST', `/v1/endpoints/${good.endpointId}/disable`);
    const held = await desk.api.ingest(good.endpointId, '{}');
    const { page } = await desk.enter('#/events?held=true');
    await page.getByText('1 event,').waitFor();
    await page.getByRole('link', { name: held }).click();
    await page.getByText('It waits at a paused endpoint.').waitFor();
  });

  it('cannot be retried by a key that may only read', async () => {
    const { secret } = await desk.keyWith('events:read');
    const { page } = await desk.enter('#/events?status=delivered', { key: secret });
    await page.locator('tbody tr').first().waitFor();
    expect(await page.getByRole('button', { name: /Retry/ }).count()).toBe(0);
  });
});
