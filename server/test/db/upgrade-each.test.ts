/** A database that lived through every released schema: at each, rows are written as the first release wrote them. */
import { bitcoinMainnet, keyIdFromPublicKey, sha256, utf8FromString } from '@kapsel/verification';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { encodeDeliveryLeaf } from '../../src/attestation/leaf.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import { LogAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import { type Migration, migrate, readMigrations } from '../../src/db/migrate.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { findSharedLog } from '../../src/logs/store.ts';
import { assembleProofPackage } from '../../src/proofs/assemble.ts';
import { makeSigner, ringOf } from '../support/log-bench.ts';
import { openTestProofs } from '../support/proofs.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { tenantReadsOf, tenantsOf } from '../support/tenant.ts';

const FIRST_RELEASE = 9;
const ORIGIN = 'log.kapsel.test/each';
const signer = makeSigner();
const nowMs = systemClock.nowMs();
const [logId, tenantId, endpointId] = [
  newId<'log'>(nowMs),
  newId<'tenant'>(nowMs),
  newId<'endpoint'>(nowMs),
];
const body = Buffer.from('{"n":1}');

/** Rows of tables that a schema brought, as its servers wrote them: later schemas must carry them on. */
const ROWS: Readonly<Record<number, string>> = {
  14: `INSERT INTO share_links (id, tenant_id, delivery_attempt_id, created_at, expires_at)
       SELECT gen_random_uuid(), tenant_id, id, now(), now() + interval '1 day' FROM delivery_attempts LIMIT 1`,
  21: `INSERT INTO idempotency_keys (endpoint_id, key, event_id, tenant_id, body_sha256, created_at)
       SELECT endpoint_id, 'once', id, tenant_id, payload_hash, now() FROM webhook_events LIMIT 1`,
  27: `INSERT INTO endpoint_circuits (endpoint_id, tenant_id, state, epoch, opened_at, probe_at)
       SELECT id, tenant_id, 'open', 1, now(), now() FROM endpoints LIMIT 1`,
};

let database: TestDatabase;
let pools: Pools;
let versions: readonly Migration[];
const attempts: { readonly id: string; readonly leafData: string; readonly version: number }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  versions = await readMigrations();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.query(
    `CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL,
                                     applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  for (const { version, name, sql, checksum } of versions) {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query(
      'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
      [version, name, checksum],
    );
    await client.query('COMMIT');
    if (version === FIRST_RELEASE) await writeOwners(client);
    if (version >= FIRST_RELEASE) await writeDelivery(client, version);
    const rows = ROWS[version];
    if (rows !== undefined) expect((await client.query(rows)).rowCount).toBe(1);
  }
  await client.end();
  pools = openPools(database.connectionString, () => undefined);
}, 60_000);
afterAll(async () => {
  await closePools(pools);
  await database.drop();
});

async function writeOwners(client: pg.Client): Promise<void> {
  await client.query(`INSERT INTO tenants (id, name) VALUES ($1, 'old')`, [tenantId]);
  await client.query(
    `INSERT INTO logs (id, tenant_id, origin, created_at) VALUES ($1, NULL, $2, now())`,
    [logId, ORIGIN],
  );
  await client.query(
    `INSERT INTO attestation_keys (key_id, log_id, public_key, provider, valid_from)
     VALUES ($1, $2, $3, 'file', now())`,
    [
      Buffer.from(keyIdFromPublicKey(signer.publicKey), 'hex'),
      logId,
      Buffer.from(signer.publicKey),
    ],
  );
  await client.query(
    `INSERT INTO endpoints (id, tenant_id, url, max_attempts, created_at, updated_at)
     VALUES ($1, $2, 'https://receiver.test/hook', 11, now(), now())`,
    [endpointId, tenantId],
  );
}

/** The statements of the first release. That they go on working is what lets a server run on the next schema. */
async function writeDelivery(client: pg.Client, version: number): Promise<void> {
  const [eventId, attemptId] = [newId<'event'>(nowMs), newId<'delivery_attempt'>(nowMs)];
  const at = new Date(nowMs);
  const responseHash = sha256(utf8FromString('ok'));
  const leaf = encodeDeliveryLeaf(
    ORIGIN,
    {
      deliveryAttemptId: attemptId,
      eventId,
      endpointId,
      endpointUrl: 'https://receiver.test/hook',
      attemptNumber: 1,
      payloadHash: sha256(body),
      payloadSize: body.length,
      attemptedAtMs: nowMs,
    },
    {
      outcome: 'delivered',
      completedAtMs: nowMs + 5,
      responseStatus: 200,
      responseHash,
      error: null,
    },
  );
  await client.query(
    `INSERT INTO webhook_events (id, tenant_id, endpoint_id, status, payload_hash, payload_size, received_at)
     VALUES ($1, $2, $3, 'delivered', $4, $5, $6)`,
    [eventId, tenantId, endpointId, Buffer.from(sha256(body)), body.length, at],
  );
  await client.query('INSERT INTO event_payloads (event_id, body) VALUES ($1, $2)', [
    eventId,
    body,
  ]);
  await client.query(
    `INSERT INTO delivery_attempts (id, event_id, endpoint_id, tenant_id, attempt_number, lease_id, endpoint_url,
                                    attempted_at, completed_at, outcome, response_status, response_hash)
     VALUES ($1, $2, $3, $4, 1, 1, 'https://receiver.test/hook', $5, $6, 'delivered', 200, $7)`,
    [attemptId, eventId, endpointId, tenantId, at, new Date(nowMs + 5), Buffer.from(responseHash)],
  );
  await client.query(
    `INSERT INTO pending_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
     VALUES ($1, $2, $3, $4, $5)`,
    [logId, tenantId, attemptId, Buffer.from(leaf.hash), leaf.data],
  );
  attempts.push({ id: attemptId, leafData: leaf.data, version });
}

describe('a database that began at the first release', () => {
  it('has nothing left to be applied, and all its rows', async () => {
    expect(await migrate(database.connectionString)).toEqual([]);
    expect(attempts.length).toBe(versions.filter(({ version }) => version >= FIRST_RELEASE).length);
    for (const table of ['share_links', 'idempotency_keys', 'endpoint_circuits']) {
      const { rows } = await pools.sequencer.query(`SELECT count(*)::int AS count FROM ${table}`);
      expect([table, rows[0].count]).toEqual([table, 1]);
    }
  });

  it('has the schema of one that was made today', async () => {
    const fresh = await createTestDatabase();
    const client = new pg.Client({ connectionString: fresh.connectionString });
    await client.connect();
    const wanted = await describeSchema(client);
    await client.end();
    await fresh.drop();
    expect(wanted.length).toBeGreaterThan(200);
    expect(await describeSchema(pools.sequencer)).toEqual(wanted);
  });

  it('proves what was delivered under each of its schemas', async () => {
    const log = await findSharedLog(pools.sequencer);
    if (log === null) throw new TypeError('the shared log is gone');
    expect(await sequence(pools.sequencer, log)).toMatchObject({ added: attempts.length });
    const head = await signHead(
      {
        pool: pools.sequencer,
        clock: systemClock,
        ring: ringOf(signer),
        pace: { growingMs: 0, idleMs: 3_600_000 },
        published: memoryHeads(),
      },
      log,
    );
    expect(head).toMatchObject({ treeSize: attempts.length });
    const deps = {
      proofs: openTestProofs(pools.api),
      forTenant: tenantsOf(pools),
      readForTenant: tenantReadsOf(pools),
      clock: systemClock,
      findWitnessedHead: async () => null,
      chain: bitcoinMainnet(),
    };
    for (const { id, leafData, version } of attempts) {
      const { text } = await assembleProofPackage(deps, tenantId, id as never);
      const proof = JSON.parse(text);
      expect([version, proof.leaf_data]).toEqual([version, leafData]);
    }
    const found: unknown[] = [];
    const audit = new LogAudit(pools.sequencer, log, {
      chunk: 256,
      bodiesOneIn: 1,
      onContradiction: (contradiction) => found.push(contradiction),
      pause: async () => undefined,
    });
    while (await audit.step());
    expect(found).toEqual([]);
  });
});

/** Columns, constraints, indexes, functions, triggers and policies, a line each; months left out. */
async function describeSchema(db: Pick<pg.Client, 'query'>): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(
    `WITH tables AS (
       SELECT oid, relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition)
     SELECT format('%s.%s %s %s %s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   pg_get_expr(d.adbin, d.adrelid)) AS line
       FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
     UNION ALL SELECT format('%s %s', t.relname, pg_get_constraintdef(c.oid)) FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid
     UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM tables t JOIN pg_index i ON i.indrelid = t.oid
     UNION ALL SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
     UNION ALL SELECT pg_get_triggerdef(g.oid) FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
     UNION ALL SELECT format('%s %s %s', t.relname, p.polname, pg_get_expr(p.polqual, p.polrelid))
                 FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
     ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}
