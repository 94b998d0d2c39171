import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../../../../test/support/parts.ts';
import { type Desk, openDesk } from '../support/open-console.ts';

describe.skipIf(!part('browser'))('the API keys', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  it('are made with the scopes that were chosen, shown once, and revoked', async () => {
    const { page } = await desk.enter('#/keys');
    await page.getByRole('button', { name: 'New API key' }).click();
    await page.getByLabel('Name, to tell keys apart').fill('billing');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await page.getByText('Choose at least one.').waitFor();
    await page.getByLabel('endpoints:read').check();
    await page.getByLabel('Good for so many days').fill('2');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const secret = await page.getByRole('dialog').getByLabel('API key').inputValue();
    await page.getByRole('button', { name: 'I have kept it' }).click();
    const ask = async (path: string) =>
      (await fetch(desk.server.url + path, { headers: { authorization: `Bearer ${secret}` } }))
        .status;
    expect([await ask('/v1/endpoints'), await ask('/v1/events')]).toEqual([200, 403]);
    await page.getByRole('button', { name: 'Revoke billing' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.locator('tr', { hasText: 'billing' }).getByText('Revoked').waitFor();
    expect(await ask('/v1/endpoints')).toBe(401);
    expect(await page.content()).not.toContain(secret);
  });

  it('that one signed in with can be revoked, and nobody is signed in then', async () => {
    const { secret } = await desk.keyWith('admin');
    const { page } = await desk.enter('#/keys', { key: secret });
    const own = page.locator('tr', { hasText: secret.slice(0, 12) });
    await own.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('Your session has ended').waitFor();
  });
});
