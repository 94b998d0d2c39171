/** The second wall: what a statement that forgets its tenant sees, by every way that somebody could try. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, type TenantId } from '../../src/base/ids.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { TenantDb } from '../../src/db/tenant-db.ts';
import { type Db, inTransaction } from '../../src/db/transaction.ts';
import { findEndpoint } from '../../src/endpoints/store.ts';
import { makeDelivery } from '../support/deliveries.ts';
import { openRooms, type Rooms } from '../support/rooms.ts';
import { makeEndpoint, makeTenant, type TestTenant } from '../support/tenant.ts';

/** Every table that is a tenant's, each with a row of `owner`, and the column that says whose. */
const WALLED = {
  tenants: 'id',
  api_keys: 'tenant_id',
  delivery_attempts: 'tenant_id',
  delivery_queue: 'tenant_id',
  endpoint_circuits: 'tenant_id',
  endpoint_credentials: 'tenant_id',
  endpoint_signatures: 'tenant_id',
  endpoint_signing_secrets: 'tenant_id',
  endpoints: 'tenant_id',
  event_payloads: null,
  idempotency_keys: 'tenant_id',
  merkle_leaves: 'tenant_id',
  pending_leaves: 'tenant_id',
  replays: 'tenant_id',
  share_links: 'tenant_id',
  webhook_events: 'tenant_id',
} as const;
/** Tables that hold nothing of a tenant but its name on a log, and are read by everybody or by the operator alone. */
const NOT_WALLED = [
  'anchor_calendars',
  'anchors',
  'attestation_keys',
  'cosignatures',
  'key_statements',
  'log_halts',
  'logs',
  'merkle_tiles',
  'proof_cache',
  'replica_beats',
  'schema_migrations',
  'signed_tree_heads',
  'tile_exports',
];
const PERMISSION_DENIED = '42501';

let rooms: Rooms;
/** In the roles of production. */
let pools: Pools;
let owner: TestTenant;
let stranger: TestTenant;
beforeAll(async () => {
  rooms = await openRooms();
  pools = openPools(rooms.connectionString, () => undefined, { takesRoles: true });
  owner = await makeTenant(rooms.pools.api);
  stranger = await makeTenant(rooms.pools.api);
  for (const { tenantId } of [owner, stranger]) await fillAllTables(tenantId);
});
afterAll(async () => {
  await closePools(pools);
  await rooms.close();
});

/** A row in each walled table, but for the keys, which were made with the tenant. */
async function fillAllTables(tenantId: TenantId): Promise<void> {
  const endpoint = await makeEndpoint(rooms.pools.api, tenantId);
  const ids = [tenantId, endpoint.id];
  const statements = [
    'INSERT INTO endpoint_circuits (tenant_id, endpoint_id, state, epoch) VALUES ($1, $2, $$closed$$, 0)',
    'INSERT INTO endpoint_credentials (tenant_id, endpoint_id, updated_at) VALUES ($1, $2, now())',
    `INSERT INTO endpoint_signatures (tenant_id, endpoint_id, scheme, secrets, updated_at)
     VALUES ($1, $2, '{}', '{a}', now())`,
    `INSERT INTO endpoint_signing_secrets (tenant_id, endpoint_id, id, secrets, public_key, created_at)
     VALUES ($1, $2, gen_random_uuid(), 'a', '', now())`,
    `INSERT INTO idempotency_keys (tenant_id, endpoint_id, key, event_id, body_sha256)
     VALUES ($1, $2, 'k', gen_random_uuid(), sha256('a'))`,
    `INSERT INTO replays (tenant_id, key, request_sha256)
     VALUES ($1, 'of ' || $2::uuid, sha256('a'))`,
    `INSERT INTO share_links (tenant_id, delivery_attempt_id, id, expires_at)
     VALUES ($1, $2, gen_random_uuid(), now())`,
    `INSERT INTO merkle_leaves (tenant_id, delivery_attempt_id, log_id, leaf_index, leaf_hash, leaf_data)
     VALUES ($1, $2, gen_random_uuid(), 0, sha256('a'), 'text')`,
  ];
  for (const statement of statements) await rooms.pools.api.query(statement, ids);
  await makeDelivery(rooms, endpoint); // attempt, event, body and waiting leaf
  await rooms.pools.api.query(
    'INSERT INTO delivery_queue (tenant_id, endpoint_id, event_id, run_at) VALUES ($1, $2, gen_random_uuid(), now() + $$1 day$$)',
    ids,
  );
}

async function count(db: Db, table: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]?.count ?? -1;
}

const readable = Object.keys(WALLED).filter((table) => table !== 'idempotency_keys');

describe('a statement without the tenant in it', () => {
  it('sees the rows of the tenant that asks, and none of another', async () => {
    for (const table of readable) {
      const all = await count(rooms.pools.api, table);
      const mine = await count(new TenantDb(pools.api, owner.tenantId), table);
      const theirs = await count(new TenantDb(pools.api, stranger.tenantId), table);
      expect(mine, table).toBeGreaterThan(0);
      expect(theirs, table).toBeGreaterThan(0);
      expect(mine + theirs, table).toBe(all);
    }
    const idempotency = count(new TenantDb(pools.api, owner.tenantId), 'idempotency_keys');
    await expect(idempotency).rejects.toMatchObject({ code: PERMISSION_DENIED });
  });

  it('changes and deletes nothing of another, and writes nothing in its name', async () => {
    const db = new TenantDb(pools.api, stranger.tenantId);
    const before = await count(rooms.pools.api, 'endpoints WHERE description = $$mine now$$');
    const { rowCount } = await db.query("UPDATE endpoints SET description = 'mine now'");
    expect(rowCount).toBe(await count(db, 'endpoints'));
    expect(await count(rooms.pools.api, 'endpoints WHERE description = $$mine now$$')).toBe(
      before + (rowCount ?? 0),
    );
    const steal = db.query('UPDATE endpoints SET tenant_id = $1', [owner.tenantId]);
    await expect(steal).rejects.toMatchObject({ code: PERMISSION_DENIED });
    const forge = makeEndpoint(db, owner.tenantId);
    await expect(forge).rejects.toMatchObject({ code: PERMISSION_DENIED });
    const all = await count(rooms.pools.api, 'endpoint_signatures');
    await db.query('DELETE FROM endpoint_signatures');
    expect(await count(rooms.pools.api, 'endpoint_signatures')).toBe(all - 1);
  });

  it('finds nothing with another tenant’s ids, whatever it asks for', async () => {
    const endpoint = await makeEndpoint(rooms.pools.api, owner.tenantId);
    const asStranger = new TenantDb(pools.api, stranger.tenantId);
    expect(await findEndpoint(asStranger, owner.tenantId, endpoint.id)).toBeNull();
    const asOwner = new TenantDb(pools.api, owner.tenantId);
    expect(await findEndpoint(asOwner, owner.tenantId, endpoint.id)).not.toBeNull();
  });
});

describe('a pooled connection', () => {
  it('shows nothing after a transaction with a tenant, and a next tenant only its own', async () => {
    const one = new pg.Pool({
      connectionString: rooms.connectionString,
      options: '-c role=kapsel_api',
      max: 1,
    });
    try {
      expect(await count(one as never, 'endpoints')).toBe(0); // the setting is NULL
      const mine = await count(new TenantDb(one, owner.tenantId), 'endpoints');
      expect(mine).toBeGreaterThan(0);
      expect(await count(one as never, 'endpoints')).toBe(0); // and now it is ''
      const theirs = await count(new TenantDb(one, stranger.tenantId), 'endpoints');
      expect(theirs).toBe(
        await count(rooms.pools.api, `endpoints WHERE tenant_id = '${stranger.tenantId}'`),
      );
      const failed = new TenantDb(one, owner.tenantId).query('SELECT 1 / 0');
      await expect(failed).rejects.toMatchObject({ code: '22012' });
      expect(await count(one as never, 'endpoints')).toBe(0);
    } finally {
      await one.end();
    }
  });

  it('of a superuser is held as well, for the transaction', async () => {
    const db = new TenantDb(rooms.pools.api, stranger.tenantId);
    const mine = await count(db, 'endpoints');
    expect(await count(rooms.pools.api, 'endpoints')).toBeGreaterThan(mine);
    await inTransaction(db, async (inside) => expect(await count(inside, 'endpoints')).toBe(mine));
  });
});

it('takes nothing but an id as the tenant', () => {
  for (const text of ["'", `${newId(0)}'`, '', newId(0).toUpperCase(), `${newId(0)}\n`]) {
    expect(() => new TenantDb(pools.api, text as TenantId)).toThrow(TypeError);
  }
});

describe('the tables', () => {
  it('each stand behind the wall, or on the list of those that need none', async () => {
    const { rows } = await rooms.pools.api.query<{ name: string; walled: boolean }>(
      `SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS walled
         FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
    );
    const named = (walled: boolean) =>
      rows
        .filter((row) => row.walled === walled)
        .map(({ name }) => name)
        .sort();
    expect(named(true)).toEqual(Object.keys(WALLED).sort());
    expect(named(false)).toEqual([...NOT_WALLED].sort());
  });

  it('are read at the index although the wall asks too', async () => {
    await inTransaction(new TenantDb(pools.api, owner.tenantId), async (db) => {
      await db.query('SET LOCAL enable_seqscan = off');
      const { rows } = await db.query<Record<'QUERY PLAN', string>>(
        'EXPLAIN SELECT id FROM webhook_events WHERE tenant_id = $1 ORDER BY id DESC LIMIT 20',
        [owner.tenantId],
      );
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/InitPlan[\s\S]*Index/);
    });
  });

  it('of months cannot be reached past their parent', async () => {
    const { rows } = await rooms.pools.api.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r'`,
    );
    expect(rows.length).toBeGreaterThan(4);
    for (const { name } of rows) {
      const asked = count(new TenantDb(pools.api, owner.tenantId), name);
      await expect(asked, name).rejects.toMatchObject({ code: PERMISSION_DENIED });
    }
  });
});

describe('the roles', () => {
  it('are no superusers, own nothing, and pass no policy by', async () => {
    const { rows } = await rooms.pools.api.query(
      `SELECT rolname AS name FROM pg_roles r
        WHERE rolname LIKE 'kapsel\\_%'
          AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolcanlogin
               OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid)
               OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid))`,
    );
    expect(rows).toEqual([]);
  });

  it('do what their room does and no more', async () => {
    const refused: [keyof Pools, string][] = [
      ['reader', 'SELECT leaf_data FROM merkle_leaves'],
      ['reader', 'SELECT id FROM webhook_events'],
      ['reader', 'SELECT id FROM endpoints'],
      ['reader', 'SELECT secrets FROM endpoint_signing_secrets'],
      ['ingest', 'SELECT body FROM event_payloads'],
      ['ingest', 'SELECT payload_hash FROM webhook_events'],
      ['ingest', "UPDATE webhook_events SET status = 'delivered'"],
      ['ingest', 'DELETE FROM delivery_queue'],
      ['ingest', "UPDATE endpoints SET url = 'https://elsewhere.test'"],
      ['ingest', 'UPDATE endpoints SET updated_at = now()'],
      ['api', 'SELECT key FROM idempotency_keys'],
      ['api', 'DELETE FROM webhook_events'],
      ['api', 'INSERT INTO merkle_leaves SELECT * FROM merkle_leaves'],
      ['worker', 'DELETE FROM merkle_leaves'],
      ['worker', 'UPDATE logs SET tree_size = 0'],
      ['sequencer', 'UPDATE merkle_leaves SET leaf_index = 0'],
      ['sequencer', 'DELETE FROM signed_tree_heads'],
      ['sequencer', 'UPDATE signed_tree_heads SET tree_size = 0'],
      ['sequencer', 'SELECT body FROM event_payloads'],
      ['sequencer', 'DROP TABLE merkle_leaves'],
      ['worker', 'ALTER TABLE endpoints DISABLE ROW LEVEL SECURITY'],
      ['api', "SELECT ensure_month_partitions('merkle_leaves', now(), now())"],
      ['worker', "SELECT build_tenant_wall('logs')"],
    ];
    for (const [room, statement] of refused) {
      await expect(pools[room].query(statement), `${room}: ${statement}`).rejects.toMatchObject({
        code: PERMISSION_DENIED,
      });
    }
  });
});
