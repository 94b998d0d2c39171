/** The server behind a real PgBouncer in transaction mode: it migrates past it, and delivers and proves through it. @module */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseProofPackage, verifyProofPackage } from '@kapsel/verification';
import pg from 'pg';
import { expect, it } from 'vitest';
import { checkLog } from '../support/check-log.ts';
import { part } from '../support/parts.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { startReceiver } from '../support/receiver-process.ts';
import { ApiClient, runServer, startServer, testSettings } from '../support/server-process.ts';

const EVENTS = 40;

it.skipIf(!part('pgbouncer'))(
  'starts on an empty database, delivers, proves and audits',
  async () => {
    const database = await createTestDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'kapsel-behind-pgbouncer-'));
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await client.end();
    const pooler = await startPgBouncer(database.connectionString);
    const receiver = await startReceiver();
    const settings = {
      ...testSettings(pooler.connectionString, folder),
      DATABASE_URL_DIRECT: database.connectionString,
      KAPSEL_PREPARED_STATEMENTS: '0',
    };
    const server = await startServer(settings);
    const api = new ApiClient(server.url, server.apiKey ?? '');
    const endpoint = await api.endpoint(receiver.url);
    const sent = Array.from({ length: EVENTS }, (_, i) => api.ingest(endpoint, `{"n":${i}}`));
    const trust = { keys: [{ publicKey: Buffer.from(server.publicKey, 'hex'), name: null }] };
    await Promise.all(
      sent.map(async (accepted) => {
        const event = await api.eventWhen(await accepted, ({ status }) => status === 'delivered');
        const attempt = event.attempts[0];
        if (attempt === undefined) throw new TypeError('no attempt');
        // Twice: the second time over whatever connection the pooler then has.
        for (let i = 0; i < 2; i++) {
          const text = await api.proof(attempt);
          expect(verifyProofPackage(text, trust, { nowMs: Date.now() }).verdict).toBe('verified');
          const { leafHash } = parseProofPackage(text);
          const hash = Buffer.from(leafHash).toString('hex');
          await api.text('GET', `/attestation/proof/${hash}`);
        }
      }),
    );
    expect(await runServer(['audit'], settings)).toMatchObject({ code: 0, stderr: '' });
    expect(await server.end()).toMatchObject({ code: 0, stderr: '' });
    await receiver.stop();
    await pooler.stop();
    const { leaves } = await checkLog(database.connectionString);
    expect(leaves).toHaveLength(EVENTS);
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  },
);

it.skipIf(!part('pgbouncer'))('does not start where roles would be lost on the way', async () => {
  const database = await createTestDatabase();
  const pooler = await startPgBouncer(database.connectionString);
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-behind-pgbouncer-'));
  const refused = await runServer(['serve'], {
    ...testSettings(pooler.connectionString, folder),
    KAPSEL_DATABASE_ROLES: 'connect',
    DATABASE_URL_DIRECT: database.connectionString,
  });
  expect(refused.code).toBeGreaterThan(0);
  expect(refused.stderr).toContain('KAPSEL_DATABASE_ROLES=transaction');
  await pooler.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});
