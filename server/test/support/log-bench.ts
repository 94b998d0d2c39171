/** Logs in a database of their own, and delivery attempts that wait to be sequenced as a worker leaves them. @module */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { equalBytes, sha256, utf8FromString } from '@kapsel/verification';
import type { Pool } from 'pg';
import { createTestDatabase } from '../../../test/support/postgres.ts';
import { encodeDeliveryLeaf } from '../../src/attestation/leaf.ts';
import {
  insertPendingLeavesAcrossTenants,
  type PendingLeaf,
} from '../../src/attestation/pending-store.ts';
import {
  type DeliveryAttemptId,
  type EndpointId,
  type EventId,
  newId,
  type TenantId,
} from '../../src/base/ids.ts';
import { closePools, openPools, type Pools } from '../../src/db/pools.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { KeyRing } from '../../src/keys/key-ring.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { findKeyInState, insertAttestationKey } from '../../src/keys/store.ts';
import type { Log } from '../../src/logs/log.ts';
import { insertLog } from '../../src/logs/store.ts';
import { insertTenant } from '../../src/tenants/store.ts';

export const START_MS: number = Date.UTC(2026, 0, 15, 10, 30, 45);

/** A migrated database and pools on it. */
export interface Bench {
  readonly connectionString: string;
  readonly pools: Pools;
  readonly pool: Pool;
  /** Connections that broke while nobody used them. */
  readonly idleErrors: readonly Error[];
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const database = await createTestDatabase();
  const idleErrors: Error[] = [];
  const pools = openPools(database.connectionString, (error) => idleErrors.push(error));
  return {
    connectionString: database.connectionString,
    pools,
    pool: pools.sequencer,
    idleErrors,
    async close() {
      await closePools(pools);
      await database.drop();
    },
  };
}

/** A log with its tenant, and the event that its attempts belong to. */
export interface BenchLog extends Log {
  readonly tenantId: TenantId;
  readonly endpointId: EndpointId;
  readonly eventId: EventId;
  readonly origin: string;
}

/** Each test takes a new one, so that tests of a file share a database and nothing else. */
export async function makeLog(pool: Pool): Promise<BenchLog> {
  const log: BenchLog = {
    id: newId<'log'>(START_MS),
    tenantId: newId<'tenant'>(START_MS),
    endpointId: newId<'endpoint'>(START_MS),
    eventId: newId<'event'>(START_MS),
    name: `log-${randomUUID()}`,
    isPublic: true,
    origin: `log.kapsel.test/${randomUUID()}`,
  };
  await insertTenant(pool, log.tenantId, 'test');
  await insertLog(pool, log);
  await insertEndpointAndEvent(pool, log);
  return log;
}

/** An endpoint and an event of a tenant, so that attempts can be written. */
export async function insertEndpointAndEvent(
  pool: Pool,
  ids: { tenantId: TenantId; endpointId: EndpointId; eventId: EventId },
): Promise<void> {
  await pool.query(
    `INSERT INTO endpoints (id, tenant_id, url, max_attempts, created_at, updated_at)
     VALUES ($1, $2, 'https://receiver.test/hook', 11, now(), now())`,
    [ids.endpointId, ids.tenantId],
  );
  await pool.query(
    `INSERT INTO webhook_events (id, tenant_id, endpoint_id, payload_hash, payload_size, received_at)
     VALUES ($1, $2, $3, $4, 0, now())`,
    [ids.eventId, ids.tenantId, ids.endpointId, Buffer.alloc(32)],
  );
}

/** Writes attempts of the log's event, numbered on from those it has; nothing is settled. */
export async function insertAttempts(
  pool: Pool,
  log: BenchLog,
  count: number,
): Promise<{ id: DeliveryAttemptId; number: number }[]> {
  const ids = Array.from({ length: count }, () => newId<'delivery_attempt'>(START_MS));
  const { rows } = await pool.query<{ id: DeliveryAttemptId; number: number }>(
    `INSERT INTO delivery_attempts
            (id, event_id, endpoint_id, tenant_id, attempt_number, lease_id, endpoint_url, attempted_at)
     SELECT row.id, $2, $3, $4,
            (SELECT count(*) FROM delivery_attempts WHERE event_id = $2) + row.ordinal, 1,
            'https://receiver.test/hook', now()
       FROM unnest($1::uuid[]) WITH ORDINALITY AS row (id, ordinal)
     RETURNING id, attempt_number AS number`,
    [ids, log.eventId, log.endpointId, log.tenantId],
  );
  return rows;
}

/** The waiting leaf of an attempt; one about a key would have neither. */
export interface AttemptLeaf extends PendingLeaf {
  readonly tenantId: TenantId;
  readonly deliveryAttemptId: DeliveryAttemptId;
}

/** Settles `count` new attempts: their leaves wait, oldest first, as answered. */
export async function settleAttempts(
  pool: Pool,
  log: BenchLog,
  count: number,
): Promise<AttemptLeaf[]> {
  const attempts = await insertAttempts(pool, log, count);
  const leaves = attempts.map(
    ({ id, number }): AttemptLeaf => ({
      logId: log.id,
      tenantId: log.tenantId,
      deliveryAttemptId: id,
      leaf: encodeDeliveryLeaf(
        log.origin,
        {
          deliveryAttemptId: id,
          eventId: log.eventId,
          endpointId: log.endpointId,
          endpointUrl: 'https://receiver.test/hook',
          attemptNumber: number,
          payloadHash: sha256(utf8FromString(`payload ${number}`)),
          payloadSize: 9,
          attemptedAtMs: START_MS,
        },
        {
          outcome: 'delivered',
          completedAtMs: START_MS + 40,
          responseStatus: 200,
          responseHash: sha256(utf8FromString('ok')),
          error: null,
        },
      ),
    }),
  );
  await inTransaction(pool, (db) => insertPendingLeavesAcrossTenants(db, leaves));
  return leaves;
}

/** A signer in memory, registered as the log's current key. */
export async function giveSigner(pool: Pool, log: Log): Promise<Signer> {
  const signer = makeSigner();
  await insertAttestationKey(pool, log.id, {
    keyId: sha256(signer.publicKey),
    publicKey: signer.publicKey,
    provider: signer.provider,
    validFromMs: START_MS,
  });
  return signer;
}

/** A ring that holds these signers: it answers the one whose key is the log's active one, or null. */
export function ringOf(...signers: readonly Signer[]): KeyRing {
  return {
    async signerOf(db, logId) {
      const key = await findKeyInState(db, logId, 'active');
      return (
        signers.find((each) => key !== null && equalBytes(each.publicKey, key.publicKey)) ?? null
      );
    },
  };
}

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    provider: 'file',
    publicKey: rawPublicKey(publicKey),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

function rawPublicKey(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
}
