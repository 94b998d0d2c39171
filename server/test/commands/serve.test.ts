import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';
import { serve } from '../../src/commands/serve.ts';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kapsel-serve-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

function settings(change: Record<string, string> = {}) {
  return readConfig({
    DATABASE_URL: database.connectionString,
    KAPSEL_DATA: folder,
    KAPSEL_PORT: '0',
    KAPSEL_LOG_LEVEL: 'silent',
    KAPSEL_UNSAFE_DURABILITY: '1',
    ...change,
  });
}

function values(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^ {2}(\w+(?: \w+)*) {2,}(\S.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    }),
  );
}

it('says once what the operator needs to know', async () => {
  const first: string[] = [];
  const running = await serve(settings(), (line) => first.push(line));
  const told = values(first);
  expect(Object.keys(told)).toEqual([
    'URL',
    'Verifier',
    'Database',
    'Log',
    'Public key',
    'API key',
  ]);
  expect(told['Public key']).toMatch(/^[0-9a-f]{64}$/);
  expect(told.Database).toBe('DATABASE_URL');
  expect(told.Verifier).toBe(`${told.URL}/verify`);
  const answer = await fetch(`${told.URL}/v1/endpoints`, {
    headers: { authorization: `Bearer ${told['API key']}` },
  });
  expect(answer.status).toBe(200);
  await running.stop();

  const second: string[] = [];
  await (await serve(settings(), (line) => second.push(line))).stop();
  const { URL: _url, Verifier: _verifier, 'API key': _key, ...same } = told;
  expect(values(second)).toMatchObject(same);
  expect(values(second)).not.toHaveProperty('API key');
});

it('starts although a rotation was interrupted after a theft, and says how to finish it', async () => {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query("UPDATE attestation_keys SET state = 'revoked', valid_until = now()");
  const lines: string[] = [];
  const running = await serve(settings(), (line) => lines.push(line));
  const told = values(lines);
  expect(told['Public key']).toContain('kapsel-server keys rotate');
  expect((await fetch(`${told.URL}/health/live`)).status).toBe(200);
  await running.stop();
  await client.query("UPDATE attestation_keys SET state = 'active', valid_until = NULL");
  await client.end();
});

it('names the setting behind a database that is not there, and never its password', async () => {
  const squatter = createServer();
  squatter.listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  squatter.close();
  await once(squatter, 'close');
  const url = `postgresql://kapsel:hunter2@127.0.0.1:${port}/kapsel`;
  const error = await serve(settings({ DATABASE_URL: url }), () => undefined).catch((e) => e);
  expect(error.message).toContain('DATABASE_URL');
  expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  expect(`${error.stack}${error.cause.stack}`).not.toContain('hunter2');
});

it('judges settings before it touches a database', async () => {
  const bad = settings({
    DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    KAPSEL_LOG_ORIGIN: 'a b',
  });
  await expect(serve(bad, () => undefined)).rejects.toThrow(ConfigError);
});
