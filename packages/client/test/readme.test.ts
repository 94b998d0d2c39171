import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';

function readText(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

const ANSWERS: Readonly<Record<string, readonly [number, object]>> = {
  'POST /v1/endpoints': [201, { id: 'e1' }],
  'POST /v1/endpoints/e1/test': [202, { event_id: 'v0', held: false }],
  'GET /v1/events?status=failed': [200, { data: [{ id: 'v1' }, { id: 'v2' }] }],
  'POST /v1/events/v1/retry': [409, { error: { code: 'in_flight', message: 'On its way' } }],
  'POST /v1/events/v2/retry': [202, { event_id: 'v2', held: false }],
};

test('the example of the README runs, and is the one that is shown', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const route = `${request.method} ${request.url}`;
    asked.push(route);
    const [status, body] = ANSWERS[route] ?? [404, {}];
    response.writeHead(status).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await import('./readme-example.ts');
  } finally {
    delete process.env.API_URL;
    server.closeAllConnections();
    server.close();
  }
  expect(asked).toEqual(Object.keys(ANSWERS));
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(readText('../README.md')) ?? [];
  const [, ...lines] = readText('./readme-example.ts').split('\n');
  expect(shown).toBe(lines.join('\n'));
});
