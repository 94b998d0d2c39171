import { afterAll, beforeAll, expect, it } from 'vitest';
import { openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';

let rooms: Rooms;

beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('serves the page as it was built, which may connect to this server and be framed by nobody', async () => {
  const page = Buffer.from('<!doctype html><title>console</title>');
  const api = openApi(rooms, { consolePage: page });
  const answer = await api.call('GET', '/console');
  expect(answer.status).toBe(200);
  expect(answer.bytes).toEqual(page);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': "frame-ancestors 'none'; connect-src 'self'",
    'referrer-policy': 'no-referrer',
  });
  await api.close();
});

it('says how to build the page when there is none', async () => {
  const api = openApi(rooms, { consolePage: null });
  expect(refusal(await api.call('GET', '/console'))).toEqual([503, 'unavailable']);
  await api.close();
});
