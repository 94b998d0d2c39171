/** The API's document: every route is in it, whole, and what it shows as examples is what it promises. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATUS } from '../../../src/http/reply.ts';
import { type Api, openApi, ownDocument } from '../../support/api.ts';
import {
  type Conformity,
  createConformity,
  type DocumentJson,
  type OperationJson,
} from '../../support/conformity.ts';
import { listRoutes } from '../../support/list-routes.ts';
import { openRooms, type Rooms } from '../../support/rooms.ts';

let rooms: Rooms;
let api: Api;
let document: DocumentJson;
let conformity: Conformity;
beforeAll(async () => {
  rooms = await openRooms();
  api = openApi(rooms);
  document = await ownDocument(rooms);
  conformity = createConformity(document);
});
afterAll(async () => {
  await api.close();
  await rooms.close();
});

function operations(): [string, OperationJson][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, OperationJson] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

it('has every route that the server answers, and no other', async () => {
  const routes = (await listRoutes(api.http)).map(
    ({ method, path }) =>
      `${method} ${path.replaceAll(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}')}`,
  );
  expect(
    operations()
      .map(([name]) => name)
      .sort(),
  ).toEqual(routes.sort());
  expect(routes.length).toBeGreaterThan(40);
});

it('is OpenAPI 3.1 to a validator that is not ours', async () => {
  const validator = new Validator();
  const copy = structuredClone(document) as unknown as Record<string, unknown>;
  const { valid, errors } = await validator.validate(copy);
  expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1']);
  const broken = { ...copy, paths: { 'no-slash': {} } };
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

it('has unique names; references and tags lead somewhere', () => {
  expect(document.openapi).toBe('3.1.0');
  const ids = operations().map(([, { operationId }]) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/);
  const text = JSON.stringify(document);
  for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    expect(Object.keys(document.components.schemas)).toContain(name);
  }
  expect(text).not.toContain('~kind');
  const tags = document.tags.map(({ name }) => name);
  for (const [name, operation] of operations()) {
    expect(tags, name).toContain((operation as unknown as { tags: string[] }).tags[0]);
    expect(operation.summary.length, name).toBeGreaterThan(8);
    expect(operation.security, name).toBeInstanceOf(Array);
  }
});

it('says of every route what it takes and answers, with examples that fit', () => {
  for (const [name, operation] of operations()) {
    const names = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const parameters = operation.parameters ?? [];
    expect(
      parameters.filter((each) => each.in === 'path').map((each) => each.name),
      name,
    ).toEqual(names);
    const body = operation.requestBody?.content['application/json'];
    if (body?.schema !== undefined) expectFits(body.schema, body.example, name);
    const successes = Object.keys(operation.responses).filter((status) => status < '300');
    expect(successes.length, name).toBeGreaterThan(0);
    for (const status of successes) {
      const media = operation.responses[status]?.content?.['application/json'];
      if (media?.schema !== undefined) expectFits(media.schema, media.example, name);
    }
  }
});

function expectFits(schema: object, example: unknown, name: string): void {
  const validate = conformity.compile(schema);
  validate(example);
  expect(validate.errors ?? [], name).toEqual([]);
}

it('names every code with its status, each where it can come', () => {
  const said = new Map<string, Set<number>>();
  for (const [name, operation] of operations()) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const media = content?.['application/json'];
      for (const [code, { value }] of Object.entries(media?.examples ?? {})) {
        expectFits(media?.schema ?? {}, value, name);
        said.set(code, (said.get(code) ?? new Set()).add(Number(status)));
      }
    }
  }
  const { method_not_allowed: _ofNoRoute, log_halted: _notAnsweredYet, ...others } = STATUS;
  for (const [code, status] of Object.entries(others)) {
    expect([...(said.get(code) ?? [])], code).toEqual([status]);
  }
});

describe('GET /openapi.json and /docs', () => {
  it('answer everybody, and the document can be kept for a moment', async () => {
    const answer = await api.call('GET', '/openapi.json');
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=1']);
    expect(answer.json()).toEqual(document);
    const etag = String(answer.headers.etag);
    const again = await api.http.inject({
      url: '/openapi.json',
      headers: { 'if-none-match': etag },
    });
    expect(again.statusCode).toBe(304);
  });

  it('show every operation, load nothing, and run nothing', async () => {
    const answer = await api.call('GET', '/docs');
    expect(answer.status).toBe(200);
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-\S{44}'; base-uri 'none'/);
    for (const [, operation] of operations()) {
      const isAlias = operation['x-same-as'] !== undefined;
      expect(answer.text.includes(`id="${operation.operationId}"`)).toBe(!isAlias);
    }
    expect(answer.text).not.toMatch(/<(?:script|link|img|iframe)|\son\w+=|style=/i);
    const links = [...answer.text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link);
    const outside = links.filter((link) => !link?.startsWith('#'));
    expect(outside).toEqual(['/openapi.json']);
    for (const link of links.filter((each) => each?.startsWith('#'))) {
      expect(answer.text).toContain(`id="${link?.slice(1)}"`);
    }
    expect(links.length).toBeGreaterThan(30);
    expect(answer.text).toContain('&lt;any JSON&gt;');
  });
});
