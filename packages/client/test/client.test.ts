import { describe, expect, it } from 'vitest';
import { ApiError } from '../src/api-error.ts';
import { type Client, createClient } from '../src/client.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A client whose requests go nowhere; each gets the same answer. */
function open(answer: () => Response, token?: string): { client: Client; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = createClient({
    url: 'https://kapsel.test/',
    token,
    fetch: async (url, init = {}) => {
      sent.push({ url: String(url), init });
      return answer();
    },
  });
  return { client, sent };
}

const json = (value: unknown, status = 200, headers = {}): Response =>
  new Response(JSON.stringify(value), { status, headers });

describe('a request', () => {
  it('is made of path, query, headers, body and token', async () => {
    const { client, sent } = open(() => json({ data: [] }), 'ksk_x');
    await client.replayEvents({
      body: { status: 'failed', dry_run: true },
      headers: { 'Idempotency-Key': 'k 1' },
    });
    await client.listEvents({ query: { status: 'failed', since: '2026-01-01T00:00:00+01:00' } });
    await client.getStats();
    const [replay, list, stats] = sent;
    expect([replay?.url, replay?.init.method, replay?.init.body]).toEqual([
      'https://kapsel.test/v1/events/replay',
      'POST',
      '{"status":"failed","dry_run":true}',
    ]);
    expect(Object.fromEntries(replay?.init.headers as Headers)).toEqual({
      authorization: 'Bearer ksk_x',
      'content-type': 'application/json',
      'idempotency-key': 'k 1',
    });
    expect(list?.url).toBe(
      'https://kapsel.test/v1/events?status=failed&since=2026-01-01T00%3A00%3A00%2B01%3A00',
    );
    expect([list?.init.body, stats?.url]).toEqual([null, 'https://kapsel.test/v1/stats']);
  });

  it('stays below its path, whatever an id is', async () => {
    const { client, sent } = open(() => json({}));
    const get = (id: string) => client.getEvent({ path: { event_id: id } });
    await get('../endpoints?x=1#y');
    await client.getStaticTile({ path: { name: 'shared', path: '0/x001/../000' } }).catch(() => {});
    expect(sent.map(({ url }) => url)).toEqual([
      'https://kapsel.test/v1/events/..%2Fendpoints%3Fx%3D1%23y',
    ]);
    for (const id of ['', '.', '..']) await expect(get(id)).rejects.toThrow(TypeError);
    await expect(client.getEvent({ path: {} as never })).rejects.toThrow(TypeError);
    expect(sent).toHaveLength(1);
  });

  it('sends bytes as they are, and shows no token that it was not given', async () => {
    const { client, sent } = open(() => json({ event_id: 'x', duplicate: false }, 202));
    const body = new Uint8Array([0, 255]);
    await client.ingest({ path: { endpoint_id: 'e' }, body });
    expect(sent[0]?.init.body).toBe(body);
    expect(Object.fromEntries(sent[0]?.init.headers as Headers)).toEqual({});
  });
});

describe('an answer', () => {
  it('is an object, a text, bytes or nothing, as the document says', async () => {
    const ask = async (answer: Response, call: (client: Client) => Promise<unknown>) =>
      call(open(() => answer).client);
    expect(await ask(json({ a: 1 }), (client) => client.getStats())).toEqual({ a: 1 });
    expect(await ask(new Response('note'), (client) => client.getCheckpoint())).toBe('note');
    const tile = { path: { name: 'shared', path: '0/000' } };
    expect(await ask(new Response('ab'), (client) => client.getStaticTile(tile))).toEqual(
      new Uint8Array([0x61, 0x62]),
    );
    const path = { api_key_id: 'k' };
    const none = new Response(null, { status: 204 });
    expect(await ask(none, (client) => client.revokeApiKey({ path }))).toBeUndefined();
  });

  it('that refuses is an ApiError with all that the API says', async () => {
    const details = [{ path: '/url', message: 'is wrong' }];
    const error = { code: 'rate_limited', message: 'Too many', details };
    const headers = { 'x-request-id': 'r1', 'retry-after': '7' };
    const { client } = open(() => json({ error }, 429, headers));
    const thrown = await client.getStats().catch((each: unknown) => each);
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({
      status: 429,
      code: 'rate_limited',
      message: 'Too many',
      details,
      requestId: 'r1',
      retryAfterS: 7,
    });
  });

  it.each(['<html>bad gateway</html>', '{}', 'null', ''])(
    'of somebody else is told apart: %j',
    async (text) => {
      const { client } = open(() => new Response(text, { status: 502 }));
      await expect(client.getStats()).rejects.toMatchObject({ status: 502, code: 'unknown' });
    },
  );
});
