/** A database of schema 0009 with a log in it, brought to the newest schema: every proof still verifies. @module */
import { randomUUID } from 'node:crypto';
import { compactRangeFromHashes, MemoryTree, planTileWrites } from '@kapsel/tree';
import {
  bitcoinMainnet,
  keyIdFromPublicKey,
  leafHash,
  sha256,
  utf8FromString,
} from '@kapsel/verification';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkLog } from '../../../test/support/check-log.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { encodeDeliveryLeaf } from '../../src/attestation/leaf.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import { LogAudit } from '../../src/audit/audit.ts';
import type { Contradiction } from '../../src/audit/contradiction.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId, type TenantId } from '../../src/base/ids.ts';
import { migrate, readMigrations } from '../../src/db/migrate.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { findSharedLog } from '../../src/logs/store.ts';
import { assembleProofPackage } from '../../src/proofs/assemble.ts';
import { makeSigner, ringOf } from '../support/log-bench.ts';
import { makeHead } from '../support/made-heads.ts';
import { openTestProofs } from '../support/proofs.ts';
import { memoryHeads } from '../support/published-memory.ts';
import { tenantReadsOf, tenantsOf } from '../support/tenant.ts';

const LEAVES = 260;
const WAITING = 3;
const HEADS = [100, 256, LEAVES];
const MONTH_MS = 31 * 86_400_000;
const ORIGIN = 'log.kapsel.test/upgrade';

const signer = makeSigner();
const keyId = Buffer.from(keyIdFromPublicKey(signer.publicKey), 'hex');
const logId = randomUUID();
const tenantId = randomUUID() as TenantId;
const endpointId = randomUUID();
const nowMs = systemClock.nowMs();
const body = Buffer.from('{"n":1}');
/** Spread over four months, the newest just now. */
const deliveries = Array.from({ length: LEAVES + WAITING }, (_, i) => {
  const atMs = nowMs - 5_000 - Math.floor(((LEAVES + WAITING - i) / LEAVES) * 3 * MONTH_MS);
  const [eventId, attemptId] = [newId<'event'>(atMs), newId<'delivery_attempt'>(atMs)];
  const leaf = encodeDeliveryLeaf(
    ORIGIN,
    {
      deliveryAttemptId: attemptId,
      eventId,
      endpointId: endpointId as never,
      endpointUrl: 'https://receiver.test/hook',
      attemptNumber: 1,
      payloadHash: sha256(body),
      payloadSize: body.length,
      attemptedAtMs: atMs,
    },
    {
      outcome: 'delivered',
      completedAtMs: atMs + 5,
      responseStatus: 200,
      responseHash: sha256(utf8FromString('ok')),
      error: null,
    },
  );
  return { eventId, attemptId, atMs, text: leaf.data };
});

let database: TestDatabase;
let pools: Pools;
beforeAll(async () => {
  database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  await makeSchema0009(client);
  await client.query('BEGIN');
  await writeLogAt0009(client);
  await client.query('COMMIT');
  await client.end();
  await migrate(database.connectionString);
  pools = openPools(database.connectionString, () => undefined);
}, 60_000);
afterAll(async () => {
  await closePools(pools);
  await database.drop();
});

async function makeSchema0009(client: pg.Client): Promise<void> {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.query(
    `CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL,
                                     applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  for (const { version, name, sql, checksum } of await readMigrations()) {
    if (version > 9) continue;
    await client.query(sql);
    await client.query(
      'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
      [version, name, checksum],
    );
  }
}

/** As the server of that schema left it: placed leaves, heads, leaves that wait, and a claimed delivery. */
async function writeLogAt0009(client: pg.Client): Promise<void> {
  await client.query(`INSERT INTO tenants (id, name) VALUES ($1, 'old')`, [tenantId]);
  await client.query(
    `INSERT INTO logs (id, tenant_id, origin, created_at) VALUES ($1, NULL, $2, $3)`,
    [logId, ORIGIN, new Date(nowMs - 4 * MONTH_MS)],
  );
  await client.query(
    `INSERT INTO attestation_keys (key_id, log_id, public_key, provider, valid_from) VALUES ($1, $2, $3, 'file', $4)`,
    [keyId, logId, Buffer.from(signer.publicKey), new Date(nowMs - 4 * MONTH_MS)],
  );
  await client.query(
    `INSERT INTO endpoints (id, tenant_id, url, max_attempts, created_at, updated_at)
     VALUES ($1, $2, 'https://receiver.test/hook', 11, now(), now())`,
    [endpointId, tenantId],
  );
  const tree = new MemoryTree();
  const range = compactRangeFromHashes(0, []);
  const hashes = deliveries.map(({ text }) => leafHash(utf8FromString(text)));
  for (const [i, { eventId, attemptId, atMs, text }] of deliveries.entries()) {
    const at = new Date(atMs);
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
      [
        attemptId,
        eventId,
        endpointId,
        tenantId,
        at,
        new Date(atMs + 5),
        Buffer.from(sha256(utf8FromString('ok'))),
      ],
    );
    const hash = hashes[i] as Uint8Array;
    const values = [logId, tenantId, attemptId, Buffer.from(hash), text];
    if (i >= LEAVES) {
      await client.query(
        `INSERT INTO pending_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
         VALUES ($1, $2, $3, $4, $5)`,
        values,
      );
      continue;
    }
    tree.append(hash);
    range.append(hash);
    await client.query(
      `INSERT INTO merkle_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data, leaf_index, committed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [...values, i, new Date(atMs + 100)],
    );
  }
  for (const tile of planTileWrites(0, [], hashes.slice(0, LEAVES))) {
    await client.query(
      'INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes) VALUES ($1, $2, $3, $4, $5)',
      [logId, tile.level, tile.index, tile.width, Buffer.from(tile.hashes)],
    );
  }
  await client.query('UPDATE logs SET tree_size = $2, right_edge = $3 WHERE id = $1', [
    logId,
    LEAVES,
    Buffer.concat(range.hashes),
  ]);
  for (const treeSize of HEADS) {
    const timestampMs = nowMs - 4_000 + treeSize;
    const wish = { origin: ORIGIN, signer, treeSize, timestampMs, rootHash: tree.root(treeSize) };
    const head = await makeHead(wish);
    await client.query(
      `INSERT INTO signed_tree_heads (id, log_id, tree_size, root_hash, timestamp_ms, signature, key_id, checkpoint)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        head.id,
        logId,
        treeSize,
        Buffer.from(head.rootHash),
        timestampMs,
        Buffer.from(head.signature),
        keyId,
        head.checkpoint,
      ],
    );
  }
}

async function audit(): Promise<{ found: Contradiction[]; report: LogAudit['report'] }> {
  const log = await findSharedLog(pools.api);
  if (log === null) throw new TypeError('the shared log is gone');
  const found: Contradiction[] = [];
  const pass = new LogAudit(pools.api, log, {
    chunk: 256,
    bodiesOneIn: 1,
    onContradiction: (contradiction) => found.push(contradiction),
    pause: async () => undefined,
  });
  while (await pass.step());
  return { found, report: pass.report };
}

async function proofs(from: number, to: number): Promise<void> {
  const deps = {
    proofs: openTestProofs(pools.api),
    forTenant: tenantsOf(pools),
    readForTenant: tenantReadsOf(pools),
    clock: systemClock,
    findWitnessedHead: async () => null,
    chain: bitcoinMainnet(),
  };
  for (const { attemptId, text } of deliveries.slice(from, to)) {
    // Verified by the core before it leaves; it throws otherwise.
    const { text: proofText } = await assembleProofPackage(deps, tenantId, attemptId);
    const { leaf_data: leafData } = JSON.parse(proofText);
    expect(leafData).toBe(text);
  }
}

it('audits whole, with every leaf, head and body', async () => {
  const { found, report } = await audit();
  expect(found).toEqual([]);
  expect(report).toMatchObject({
    treeSize: LEAVES,
    checkedLeaves: LEAVES,
    checkedHeads: HEADS.length,
    checkedBodies: LEAVES,
    leavesWithoutText: 0,
  });
  const { leaves, heads, waiting } = await checkLog(database.connectionString, {
    hasOldTiles: true,
  });
  expect([leaves.length, heads.length, waiting]).toEqual([LEAVES, HEADS.length, WAITING]);
});

it('answers a package for every delivery, which the core verifies', async () => {
  await proofs(0, LEAVES);
});

it('goes on: what waited gets its place, the same key signs, and all of it is whole', async () => {
  const log = await findSharedLog(pools.api);
  if (log === null) throw new TypeError('the shared log is gone');
  expect(await sequence(pools.sequencer, log)).toMatchObject({ added: WAITING });
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
  expect(head).toMatchObject({ treeSize: LEAVES + WAITING });
  await proofs(LEAVES - 5, LEAVES + WAITING);
  expect((await audit()).found).toEqual([]);
});
