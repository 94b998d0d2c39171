/** Every state that the operator page can be in, and how an operator gets there. @module */
import type { Page } from 'playwright-core';
import { type Desk, makeEvent } from './open-console.ts';

export interface ConsoleState {
  /** Left out: nobody is signed in. */
  readonly fragment?: (made: Made) => string;
  /** Scopes of another key than the first. */
  readonly scopes?: readonly string[];
  /** What is there when the state is reached. */
  readonly reach: (page: Page) => Promise<void>;
}

export interface Made {
  readonly deadId: string;
  readonly retryingId: string;
  readonly goodId: string;
  readonly heldId: string;
  readonly endpointId: string;
  readonly pausedId: string;
}

/** Something of everything: delivered, dead, retrying and held events, and an endpoint that is paused. */
export async function makeAll(desk: Desk): Promise<Made> {
  const dead = await makeEvent(desk, 404);
  const good = await makeEvent(desk, 200, { description: 'Orders to the warehouse' });
  const paused = await makeEvent(desk, 200, { description: 'An old one' });
  await desk.api.text('POST', `/v1/endpoints/${paused.endpointId}/disable`);
  const heldId = await desk.api.ingest(paused.endpointId, '{}');
  const retrying = await makeEvent(desk, 503, { max_delay_s: 36_000 });
  return {
    deadId: dead.eventId,
    retryingId: retrying.eventId,
    goodId: good.eventId,
    heldId,
    endpointId: good.endpointId,
    pausedId: paused.endpointId,
  };
}

const row = (page: Page): Promise<void> => page.locator('tbody tr').first().waitFor();
const heading = (name: string) => (page: Page) => page.getByRole('heading', { name }).waitFor();
const opened =
  (button: string) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog').waitFor();
  };

export const CONSOLE_STATES: Readonly<Record<string, ConsoleState>> = {
  'sign in': { reach: heading('Sign in') },
  'sign in refused': {
    async reach(page) {
      await page.getByLabel('API key').fill('x');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  overview: {
    fragment: () => '#/overview',
    async reach(page) {
      await row(page);
      await page.getByText('Age of the last tree head').waitFor();
    },
  },
  log: {
    fragment: () => '#/log',
    async reach(page) {
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.locator('[data-verdict], .fault').waitFor();
      await page.getByText('Verifier key').first().waitFor();
    },
  },
  keys: { fragment: () => '#/keys', reach: row },
  'a new key': {
    fragment: () => '#/keys',
    async reach(page) {
      await page.getByRole('button', { name: 'New API key' }).click();
      await page.getByRole('button', { name: 'Make the key' }).click();
      await page.getByText('Choose at least one.').waitFor();
    },
  },
  'a key to revoke': {
    fragment: () => '#/keys',
    async reach(page) {
      await page
        .getByRole('button', { name: /^Revoke / })
        .first()
        .click();
      await page.getByRole('dialog').waitFor();
    },
  },
  events: { fragment: () => '#/events', reach: row },
  'dead letters': { fragment: () => '#/events?status=failed', reach: row },
  'no events match': {
    fragment: () => '#/events?until=2020-01-01T00:00:00.000Z',
    reach: heading('No events match'),
  },
  'retry all': {
    fragment: () => '#/events?status=failed',
    reach: opened('Retry all that match'),
  },
  'a filter that is refused': {
    fragment: () => '#/events?since=yesterday',
    reach: heading('That did not work'),
  },
  'not allowed': {
    fragment: () => '#/events',
    scopes: ['ingest'],
    reach: heading('Not allowed'),
  },
  'a dead letter': { fragment: ({ deadId }) => `#/events/${deadId}`, reach: heading('Attempt 1') },
  'an event that is retried': {
    fragment: ({ retryingId }) => `#/events/${retryingId}`,
    reach: (page) => page.getByText('Next attempt').waitFor(),
  },
  'a held event': {
    fragment: ({ heldId }) => `#/events/${heldId}`,
    reach: (page) => page.getByText('None so far').waitFor(),
  },
  'an unknown event': { fragment: () => '#/events/x', reach: heading('Not found') },
  endpoints: { fragment: () => '#/endpoints', reach: row },
  'a new endpoint': {
    fragment: () => '#/endpoints',
    async reach(page) {
      await page.getByRole('button', { name: 'New endpoint' }).click();
      await page.getByLabel('Destination URL').waitFor();
    },
  },
  'an endpoint': {
    fragment: ({ endpointId }) => `#/endpoints/${endpointId}`,
    reach: heading('Settings'),
  },
  'an endpoint that is changed': {
    fragment: ({ endpointId }) => `#/endpoints/${endpointId}`,
    async reach(page) {
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Destination URL').waitFor();
    },
  },
  'a paused endpoint': {
    fragment: ({ pausedId }) => `#/endpoints/${pausedId}`,
    reach: (page) => page.getByText('you paused it').waitFor(),
  },
  'which events to release': {
    fragment: ({ pausedId }) => `#/endpoints/${pausedId}`,
    async reach(page) {
      await opened('Enable…')(page);
      await page.getByLabel('Deliver those since').check();
    },
  },
  'another secret': {
    fragment: ({ endpointId }) => `#/endpoints/${endpointId}`,
    reach: opened('New secret…'),
  },
  'a secret, once': {
    fragment: ({ endpointId }) => `#/endpoints/${endpointId}`,
    async reach(page) {
      await opened('New secret…')(page);
      await page.getByLabel('Older secrets sign on for').fill('0');
      await page.getByRole('button', { name: 'Make a new secret' }).click();
      await page.getByLabel('Signing secret').waitFor();
    },
  },
  'an endpoint to delete': {
    fragment: ({ endpointId }) => `#/endpoints/${endpointId}`,
    reach: opened('Delete…'),
  },
};

/** The page in this state, at a window of this size. */
export async function reachState(
  desk: Desk,
  made: Made,
  { fragment, scopes, reach }: ConsoleState,
  viewport: { readonly width: number; readonly height: number },
): ReturnType<Desk['open']> {
  const options = { viewport, colorScheme: 'light' } as const;
  if (fragment === undefined) {
    const opened = await desk.open(options);
    await reach(opened.page);
    return opened;
  }
  const key = scopes === undefined ? desk.apiKey : (await desk.keyWith(...scopes)).secret;
  const opened = await desk.enter(fragment(made), { ...options, key });
  await reach(opened.page);
  return opened;
}
