import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { part } from '../../../../test/support/parts.ts';
import { type Desk, makeEvent, openDesk } from '../support/open-console.ts';

describe.skipIf(!part('browser'))('an event', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk?.close());

  it('shows each attempt, and when the next one is due', async () => {
    const { eventId } = await makeEvent(desk, 503, { max_attempts: 5, max_delay_s: 36_000 });
    const { page } = await desk.enter(`#/events/${eventId}`);
    await page.getByRole('heading', { name: 'Attempt 1 Rejected, 503' }).waitFor();
    await page.getByText('Retrying').waitFor();
    await page.getByText(/Next attempt .* UTC \((in \d+ s|now|\d+ s ago)\)/).waitFor();
  });

  it('is retried, and shows what came of it', async () => {
    const { eventId } = await makeEvent(desk, 404);
    const { page } = await desk.enter(`#/events/${eventId}`);
    await page.getByText('Dead letter').waitFor();
    await desk.receiver.answer(200);
    await page.getByRole('button', { name: 'Retry' }).click();
    await desk.api.eventWhen(eventId, ({ status }) => status === 'delivered');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: 'Attempt 2 Delivered, 200' }).waitFor();
  });

  it('gives out the proof of an attempt to the byte', async () => {
    const { eventId } = await makeEvent(desk, 200);
    const [attempt] = (await desk.api.event(eventId)).attempts;
    const { page } = await desk.enter(`#/events/${eventId}`);
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the proof of attempt 1' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`${attempt?.delivery_attempt_id}.kapsel.json`);
    const proof = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(proof).toMatchObject({
      format: 'kapsel.proof/v1',
      delivery_attempt_id: attempt?.delivery_attempt_id,
    });
  });

  it('is verified by the verifier page, with the key that the operator pinned and not with one from here', async () => {
    const { eventId } = await makeEvent(desk, 200);
    const { page, faults } = await desk.enter(`#/events/${eventId}`);
    const verify = async () => {
      const opening = page.context().waitForEvent('page');
      await page.getByRole('button', { name: 'Verify attempt 1 here' }).click();
      const verifier = await opening;
      await verifier.locator('[data-verdict]').waitFor();
      return verifier;
    };
    const first = await verify();
    expect(new URL(first.url()).pathname).toBe('/verify');
    expect(await first.locator('[data-verdict]').getAttribute('data-verdict')).toBe('untrusted');
    await first.getByLabel('Public key of the log').fill(desk.server.publicKey);
    await first.getByRole('button', { name: 'Trust this key' }).click();
    await first.locator('[data-verdict="verified"]').waitFor();
    await first.getByLabel('Remember on this device').check();
    await first.close();
    // Remembered by the page that the key was pinned on.
    await (await verify()).locator('[data-verdict="verified"]').waitFor();
    expect(faults).toEqual([]);
  });

  it('whose proof is too large for a link is to be downloaded', async () => {
    const { eventId } = await makeEvent(desk, 200);
    const { page } = await desk.enter(`#/events/${eventId}`);
    // What cannot be packed: more random bytes than a link may hold.
    const noise = randomBytes(8_192).toString('base64');
    await page.route('**/download-proof/**', (route) => route.fulfill({ json: { noise } }));
    await page.getByRole('button', { name: 'Verify attempt 1 here' }).click();
    await page.getByText('Too large for a link').waitFor();
    expect(page.context().pages()).toHaveLength(1);
  });

  it('of another tenant, or of none, is not found', async () => {
    for (const id of ['01970000-0000-7000-8000-000000000001', 'x', '%zz', '../stats']) {
      const { page } = await desk.enter(`#/events/${id}`);
      await page.locator('[data-state="fault"][data-code="not_found"]').waitFor();
      await page.context().close();
    }
  });
});
