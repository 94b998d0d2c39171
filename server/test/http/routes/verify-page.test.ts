import { afterAll, beforeAll, expect, it } from 'vitest';
import { openApi, refusal } from '../../support/api.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';

let rooms: Rooms;

beforeAll(async () => {
  rooms = await openRooms();
});
afterAll(() => rooms.close());

it('serves the page as it was built, and forbids it to be framed or to connect', async () => {
  const page = Buffer.from('<!doctype html><title>ä</title>');
  const api = openApi(rooms, { verifyPage: page });
  const answer = await api.call('GET', '/verify');
  expect(answer.status).toBe(200);
  expect(answer.bytes).toEqual(page);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': "frame-ancestors 'none'; connect-src 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  await api.close();
});

it('says how to build the page when there is none', async () => {
  const api = openApi(rooms, { verifyPage: null });
  const answer = await api.call('GET', '/verify');
  expect(refusal(answer)).toEqual([503, 'unavailable']);
  expect(answer.text).toContain('npm run build');
  await api.close();
});
