import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectMethods } from '../../src/http/method-not-allowed.ts';
import { type Api, openApi, refusal } from '../support/api.ts';
import { listRoutes } from '../support/list-routes.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';

describe('collectMethods', () => {
  const app = fastify();
  const methodsOf = collectMethods(app);
  const handler = async (): Promise<string> => '';
  app.get('/a', handler);
  app.post('/a', handler);
  app.delete('/a/:id', handler);
  app.get('/a/:id/b.c', handler);
  app.put('/files/*', handler);
  app.get('/files/one', handler);

  it.each([
    ['/a', ['GET', 'HEAD', 'POST']],
    ['/a?x=/a/1', ['GET', 'HEAD', 'POST']],
    ['/a/1', ['DELETE']],
    ['/a/%20', ['DELETE']],
    ['/a/1/b.c', ['GET', 'HEAD']],
    ['/files/', ['PUT']],
    ['/files/x/y', ['PUT']],
    ['/files/one', ['GET', 'HEAD', 'PUT']],
    ['/', []],
    ['/a/', []],
    ['/b', []],
    ['/a/1/bxc', []],
    ['/a/1/2', []],
    ['/x/a', []],
    ['/files', []],
  ])('%s has %j', (url, methods) => {
    expect(methodsOf(url)).toEqual(methods);
  });
});

describe('the API', () => {
  let rooms: Rooms;
  let api: Api;
  beforeAll(async () => {
    rooms = await openRooms();
    api = openApi(rooms);
  });
  afterAll(async () => {
    await api.close();
    await rooms.close();
  });

  it('answers 405 with the right list wherever a path has no such method', async () => {
    const routes = await listRoutes(api.http);
    const paths = new Map<string, string[]>();
    for (const { method, path } of routes) {
      const known = paths.get(path) ?? [];
      paths.set(path, [...known, method, ...(method === 'GET' ? ['HEAD'] : [])]);
    }
    expect(paths.size).toBeGreaterThan(15);
    for (const path of paths.keys()) {
      // A path may also be one of a pattern: /v1/events/replay has the methods of /v1/events/:event_id too.
      const methods = [...paths].flatMap(([pattern, own]) =>
        new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+').replace('*', '.*')}$`).test(path)
          ? own
          : [],
      );
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'GET'] as const) {
        if (methods.includes(method)) continue;
        const answer = await api.call(method as 'GET', path.replaceAll(/:\w+/g, 'x'));
        expect(refusal(answer), `${method} ${path}`).toEqual([405, 'method_not_allowed']);
        expect(answer.headers.allow).toBe([...new Set(methods)].sort().join(', '));
      }
    }
  });

  it('answers 404 to every method of a path that is no route', async () => {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      expect(refusal(await api.call(method, '/attestation'))).toEqual([404, 'not_found']);
    }
  });
});
