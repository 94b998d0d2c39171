import { createHash } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CacheableAnswer, encodeOnce, sendCacheable } from '../../src/http/cacheable.ts';

const BODY = Buffer.from('a tile');
const ETAG = `"${createHash('sha256').update(BODY).digest('base64url')}"`;

let app: FastifyInstance;
let answer: CacheableAnswer;
beforeEach(() => {
  answer = { body: BODY, contentType: 'text/plain', freshness: 'immutable', isPublic: true };
  app = fastify();
  app.get('/', async (request, reply) => sendCacheable(request, reply, answer));
});
afterEach(() => app.close());

const ask = (ifNoneMatch?: string, method: 'GET' | 'HEAD' = 'GET') =>
  app.inject({
    method,
    url: '/',
    headers: ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch },
  });

describe('sendCacheable', () => {
  it('sends the bytes with a strong tag over them', async () => {
    const { statusCode, headers, rawPayload } = await ask();
    expect([statusCode, rawPayload]).toEqual([200, BODY]);
    expect(headers).toMatchObject({ etag: ETAG, 'content-type': 'text/plain' });
    answer = { ...answer, body: 'another' };
    expect((await ask()).headers.etag).not.toBe(ETAG);
  });

  it.each([
    ['immutable', true, 'public, max-age=31536000, immutable'],
    ['newest', true, 'public, max-age=1'],
    ['immutable', false, 'private, no-cache'],
    ['newest', false, 'private, no-cache'],
  ] as const)('says how long: %s, public %s', async (freshness, isPublic, cacheControl) => {
    answer = { ...answer, freshness, isPublic };
    expect((await ask()).headers['cache-control']).toBe(cacheControl);
    expect((await ask(ETAG)).headers['cache-control']).toBe(cacheControl);
  });

  it.each([ETAG, `W/${ETAG}`, '*', `"other", ${ETAG}`, `"other",W/${ETAG} ,"third"`])(
    'answers 304 without a body to %s',
    async (tag) => {
      const { statusCode, headers, rawPayload } = await ask(tag);
      expect([statusCode, rawPayload.length, headers.etag]).toEqual([304, 0, ETAG]);
    },
  );

  it.each(['', '"other"', ETAG.slice(1, -1), ETAG.toLowerCase(), `${ETAG}x`, 'W/*'.slice(0, 2)])(
    'answers 200 to %j',
    async (tag) => {
      expect((await ask(tag)).statusCode).toBe(200);
    },
  );

  it('answers HEAD as GET, without the body', async () => {
    const { statusCode, headers, rawPayload } = await ask(undefined, 'HEAD');
    expect([statusCode, rawPayload.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({ etag: ETAG, 'content-length': `${BODY.length}` });
    expect((await ask(ETAG, 'HEAD')).statusCode).toBe(304);
  });
});

describe('encodeOnce', () => {
  it('makes the text of an object and its tag once, and tells objects apart', () => {
    const proof = { leaf_index: 4 };
    const first = encodeOnce(proof);
    const want = createHash('sha256').update('{"leaf_index":4}').digest('base64url');
    expect(first).toEqual({ body: '{"leaf_index":4}', etag: `"${want}"` });
    expect(encodeOnce(proof)).toBe(first);
    expect(encodeOnce({ leaf_index: 5 }).etag).not.toBe(first.etag);
  });

  it('gives the tag that the same text has without it', async () => {
    answer = { ...answer, body: encodeOnce({ a: 1 }).body };
    expect((await ask()).headers.etag).toBe(encodeOnce({ a: 1 }).etag);
  });
});
