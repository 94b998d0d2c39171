/** Senders that take their time, with real deadlines: each is ended, and nobody else notices. */
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.ts';
import { openConnection, type RawConnection, requestHead } from '../support/raw-http.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant } from '../support/tenant.ts';

const CHECK_MS = 2_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const SLACK_MS = 3_000;

let rooms: Rooms;
let api: Api;
let port: number;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  await api.http.listen({ port: 0, host: '127.0.0.1' });
  port = (api.http.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

/** Sends a byte every half second until the server ends it; answers how long it took, and what the server said. */
async function drip(connection: RawConnection, next: () => string): Promise<[number, string]> {
  const startMs = performance.now();
  const timer = setInterval(() => void connection.send(next()), 500);
  // Its own deadline is shorter than ours: what it waits for is looked at again until the server closes.
  for (;;) {
    try {
      const said = await connection.closed();
      clearInterval(timer);
      return [performance.now() - startMs, said.toString('latin1')];
    } catch (error) {
      if (performance.now() - startMs > REQUEST_MS + CHECK_MS + SLACK_MS) throw error;
    }
  }
}

it('are ended at their deadline, while others are answered at once', async () => {
  const { tenantId, apiKey } = await makeTenant(rooms.pools.api);
  const { id } = await makeEndpoint(rooms.pools.api, tenantId);
  const [silent, headers, body] = await Promise.all([
    openConnection(port),
    openConnection(port),
    openConnection(port),
  ]);
  await headers.send('GET /health/live HTTP/1.1\r\nHost: test\r\nX-Drip: ');
  const head = { authorization: `Bearer ${apiKey}`, 'content-length': '1000' };
  await body.send(requestHead('POST', `/ingest/${id}`, head));
  const ended = Promise.all([
    drip(silent, () => ''),
    drip(headers, () => 'a'),
    drip(body, () => 'b'),
  ]);

  const askedMs = performance.now();
  const live = await fetch(`http://127.0.0.1:${port}/health/live`);
  expect([live.status, performance.now() - askedMs < 1_000]).toEqual([200, true]);

  const [[silentMs], [headersMs, headersSaid], [bodyMs, bodySaid]] = await ended;
  expect(silentMs).toBeLessThan(HEADERS_MS + CHECK_MS + SLACK_MS);
  expect(headersMs).toBeGreaterThan(HEADERS_MS - 1_000);
  expect(headersMs).toBeLessThan(HEADERS_MS + CHECK_MS + SLACK_MS);
  expect(headersSaid).toContain('request_timeout');
  expect(bodyMs).toBeGreaterThan(REQUEST_MS - 1_000);
  expect(bodyMs).toBeLessThan(REQUEST_MS + CHECK_MS + SLACK_MS);
  expect(bodySaid).toContain('408 ');
  // Nothing of it is left in memory, and nothing was stored.
  const { rows } = await rooms.pools.api.query('SELECT count(*)::int AS count FROM webhook_events');
  expect(rows).toEqual([{ count: 0 }]);
}, 60_000);
