import { afterAll, beforeAll, describe, it } from 'vitest';
import { part } from '../../../../test/support/parts.ts';
import { type Desk, makeEvent, openDesk } from '../support/open-console.ts';

describe.skipIf(!part('browser'))('the overview', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  it('says what to do where nothing is there yet', async () => {
    const { page } = await desk.enter();
    await page.getByText('There are none yet.').waitFor();
    await page.getByText('No tree head yet').waitFor();
  });

  it('shows failing endpoints first, what waits, and how old the last head is', async () => {
    const good = await makeEvent(desk, 200, { description: 'works' });
    const dead = await makeEvent(desk, 404);
    await desk.api.text('POST', `/v1/endpoints/${good.endpointId}/disable`);
    const { page } = await desk.enter();
    const rows = page.locator('tbody tr');
    await rows.first().getByText('Failing', { exact: true }).waitFor();
    await rows.nth(1).getByText('Paused', { exact: true }).waitFor();
    await page.locator('.numbers .bad', { hasText: 'Dead letters' }).getByText('1').waitFor();
    await page.getByText('Age of the last tree head').waitFor();
    await page.locator('.numbers .bad').getByRole('link').click();
    await page.getByRole('link', { name: dead.eventId }).waitFor();
  });

  it('shows a key that sees events alone what it may see', async () => {
    const { secret } = await desk.keyWith('events:read');
    const { page } = await desk.enter('', { key: secret });
    await page.locator('[data-state="no-permission"]').waitFor();
    await page.locator('.numbers').getByText('Dead letters').waitFor();
  });
});
