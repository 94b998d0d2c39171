import { describe, expect, it } from 'vitest';
import { Api, type CallOptions } from '../src/api.ts';

interface Sent {
  readonly path: string;
  readonly init: RequestInit;
}

/** An API whose server answers what the test says. */
function apiThat(answer: () => Response) {
  const sent: Sent[] = [];
  let signedOut = 0;
  const api = new Api({
    fetch: async (path, init = {}) => {
      sent.push({ path: String(path), init });
      return answer();
    },
    protocol: 'https:',
    onSignedOut: () => {
      signedOut++;
    },
  });
  return { api, sent, signedOut: () => signedOut };
}

const refusal = (status: number, error: object, headers = {}): Response =>
  new Response(JSON.stringify({ error }), { status, headers });

describe('the API', () => {
  it('is asked with the header that only this page can send, at its own origin', async () => {
    const { api, sent } = apiThat(() => Response.json({ a: 1 }, { headers: { etag: '"7"' } }));
    const answer = await api.call('PUT', '/v1/x', {
      body: { b: 2 },
      headers: { 'if-match': '"6"' },
    });
    expect(answer).toEqual({ kind: 'ok', value: { a: 1 }, etag: '"7"' });
    expect(sent).toEqual([
      {
        path: '/v1/x',
        init: {
          method: 'PUT',
          headers: { 'if-match': '"6"', 'kapsel-console': 'https' },
          credentials: 'same-origin',
          redirect: 'error',
          body: '{"b":2}',
        },
      },
    ]);
  });

  it('answers nothing, JSON, or the text as it came', async () => {
    const value = async (text: string | null, options: CallOptions = {}) =>
      apiThat(() => new Response(text, { status: text === null ? 204 : 200 })).api.call(
        'GET',
        '/',
        options,
      );
    expect(await value(null)).toMatchObject({ value: null });
    expect(await value('[ 1 ]')).toMatchObject({ value: [1] });
    expect(await value('[ 1 ]', { as: 'text' })).toMatchObject({ value: '[ 1 ]' });
  });

  it('hands on what the server refuses, with its code', async () => {
    const details = [{ path: '/url', message: 'is not https' }];
    const fault = { code: 'invalid_request', message: 'x', details };
    const { api, signedOut } = apiThat(() => refusal(400, fault));
    expect(await api.call('GET', '/v1/x')).toEqual({
      kind: 'fault',
      fault: { ...fault, retryAfterS: null },
    });
    expect(signedOut()).toBe(0);
    const busy = apiThat(() =>
      refusal(429, { code: 'rate_limited', message: 'x' }, { 'retry-after': '7' }),
    );
    expect(await busy.api.call('GET', '/v1/x')).toMatchObject({ fault: { retryAfterS: 7 } });
  });

  it('says once more who nobody knows any more, but not of somebody who just signs in', async () => {
    const { api, signedOut } = apiThat(() => refusal(401, { code: 'unauthorized', message: 'x' }));
    await api.call('POST', '/console/session');
    expect(signedOut()).toBe(0);
    await api.call('GET', '/v1/events');
    expect(signedOut()).toBe(1);
  });

  it('is unreachable without an answer, and behind a proxy that has only its own page', async () => {
    const page = apiThat(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    const away = apiThat(() => {
      throw new TypeError('Failed to fetch');
    });
    const broken = apiThat(
      () => new Response(new ReadableStream({ start: (body) => body.error(new Error('cut')) })),
    );
    const welcome = apiThat(() => new Response('<h1>Accept our terms</h1>'));
    for (const { api } of [page, away, broken, welcome]) {
      expect(await api.call('GET', '/v1/x')).toMatchObject({ fault: { code: 'unreachable' } });
    }
  });

  it('does not call an abort a fault', async () => {
    const aborting = new AbortController();
    const { api } = apiThat(() => {
      aborting.abort();
      throw new DOMException('aborted', 'AbortError');
    });
    await expect(api.call('GET', '/', { signal: aborting.signal })).rejects.toThrow('aborted');
  });
});
