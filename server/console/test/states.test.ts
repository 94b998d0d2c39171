/** Every state of the operator page, in light and dark: axe-core has nothing to say, and 320 px are enough, which is a zoom of 400 %. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AXE, AXE_RULES, findingsOfAxe, overflowing } from '../../../test/support/axe.ts';
import { part } from '../../../test/support/parts.ts';
import { CONSOLE_STATES, type Made, makeAll, reachState } from './support/console-states.ts';
import { type Desk, openDesk } from './support/open-console.ts';

// What a window of 1280 by 1024 shows at a zoom of 400 %.
const VIEWPORT = { width: 320, height: 256 };

describe.skipIf(!part('browser'))('the states of the operator page', () => {
  let desk: Desk;
  let made: Made;
  beforeAll(async () => {
    desk = await openDesk();
    made = await makeAll(desk);
  });
  afterAll(() => desk?.close());

  it.each(Object.entries(CONSOLE_STATES))('can be used by everyone: %s', async (_name, state) => {
    const { page, faults, requests } = await reachState(desk, made, state, VIEWPORT);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(AXE);
    expect(await findingsOfAxe(page, AXE_RULES)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    // Nothing but the colours has changed.
    expect(await findingsOfAxe(page, { ...AXE_RULES, runOnly: ['color-contrast'] })).toEqual([]);
    // Neither its policy nor its scripts had anything to complain about, and nobody else was asked.
    expect(faults).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(desk.server.url))).toEqual([]);
    await page.context().close();
  });
});
