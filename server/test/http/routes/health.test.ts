import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { Phase } from '../../../src/http/routes/route-deps.ts';
import { type Api, openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';

let rooms: Rooms;
let api: Api;
let phase: Phase = 'serving';

beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms, { phase: () => phase });
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

async function health(): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  for (const name of ['live', 'ready', 'startup']) {
    const answer = await api.call('GET', `/health/${name}`);
    if (answer.status === 200) expect(answer.json()).toEqual({ status: 'ok' });
    else expect(refusal(answer)).toEqual([503, 'unavailable']);
    expect(answer.headers['cache-control']).toBe('no-store');
    statuses[name] = answer.status;
  }
  return statuses;
}

describe('health', () => {
  it.each([
    ['startup', { live: 200, ready: 503, startup: 503 }],
    ['serving', { live: 200, ready: 200, startup: 200 }],
    ['draining', { live: 200, ready: 503, startup: 200 }],
  ] as const)('in %s', async (now, expected) => {
    phase = now;
    expect(await health()).toEqual(expected);
    phase = 'serving';
  });

  it('while a log may not be signed is alive, and not ready', async () => {
    const other = openApi(rooms, { isSigning: () => false });
    const statuses = await Promise.all(
      ['live', 'ready', 'startup'].map(
        async (name) => (await other.call('GET', `/health/${name}`)).status,
      ),
    );
    expect(statuses).toEqual([200, 503, 200]);
    await other.close();
  });

  it('without a database is alive, and not ready', async () => {
    const away = await openRooms();
    const other = openApi(away);
    await away.close();
    expect((await other.call('GET', '/health/live')).status).toBe(200);
    const answer = await other.call('GET', '/health/ready');
    expect(refusal(answer)).toEqual([503, 'unavailable']);
    expect(answer.headers['retry-after']).toBe('1');
    await other.close();
  });

  it('asks a database that does not answer for a second and no longer', async () => {
    const slow = Object.assign(Object.create(rooms.pools.api), {
      query: () => new Promise(() => undefined),
    });
    const other = openApi(rooms, { pool: slow });
    const startedMs = systemClock.monotonicMs();
    expect(refusal(await other.call('GET', '/health/ready'))).toEqual([503, 'unavailable']);
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(2_500);
    await other.close();
  });
});
