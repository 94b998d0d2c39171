/** A whole log written straight into the tables, by other code than the server's: what an audit must find clean. @module */
import { randomUUID } from 'node:crypto';
import { compactRangeFromHashes, MemoryTree, planTileWrites } from '@kapsel/tree';
import {
  encodeCheckpointBody,
  encodeCosignatureMessage,
  encodeNoteSignature,
  encodeTreeHead,
  keyIdFromPublicKey,
  leafHash,
  noteKeyId,
  sha256,
  utf8FromString,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import { encodeDeliveryLeaf } from '../../src/attestation/leaf.ts';
import { systemClock } from '../../src/base/clock.ts';
import { newId } from '../../src/base/ids.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { signRotation } from '../../src/keys/statement.ts';
import type { Log } from '../../src/logs/log.ts';
import { insertLog } from '../../src/logs/store.ts';
import { insertTenant } from '../../src/tenants/store.ts';
import { makeSigner } from './log-bench.ts';

export interface LogShape {
  readonly leaves: number;
  /** A head at each so many leaves, and at the end. */
  readonly headEvery: number;
  /** Settled attempts that wait for their place. */
  readonly waiting?: number;
  /** Index of the statement by which the log gets its second key; none without. */
  readonly rotateAt?: number;
  /** The first so many attempts were made 61 days ago. */
  readonly agedLeaves?: number;
  /** Bytes of each body beside its number. */
  readonly bodyBytes?: number;
}

export interface WrittenLog {
  readonly log: Log;
  /** Leaf texts in the order of the tree. */
  readonly texts: readonly string[];
  readonly tree: MemoryTree;
}

const AGE_MS = 61 * 86_400_000;

interface Delivery {
  readonly eventId: string;
  readonly attemptId: string;
  readonly body: Buffer;
  readonly atMs: number;
  readonly isDelivered: boolean;
  readonly text: string;
}

/** Everything of one log, with a tenant of its own. */
export async function writeLog(pool: Pool, shape: LogShape): Promise<WrittenLog> {
  const { leaves, headEvery, waiting = 0, rotateAt, agedLeaves = 0 } = shape;
  // A millisecond each, all of them past.
  const startMs = systemClock.nowMs() - leaves - waiting - 1_000;
  const tenantId = newId<'tenant'>(startMs);
  const log: Log = {
    id: newId<'log'>(startMs),
    tenantId,
    name: `log-${randomUUID()}`,
    isPublic: true,
    origin: `log.kapsel.test/${randomUUID()}`,
  };
  await pool.query(
    `SELECT ensure_month_partitions('delivery_attempts', $1, now()), ensure_month_partitions('merkle_leaves', $1, now())`,
    [new Date(startMs - (agedLeaves > 0 ? AGE_MS : 0))],
  );
  await insertTenant(pool, tenantId, 'test');
  await insertLog(pool, log);
  const endpointId = randomUUID();
  await pool.query(
    `INSERT INTO endpoints (id, tenant_id, url, max_attempts, created_at, updated_at)
     VALUES ($1, $2, 'https://receiver.test/hook?token=planted', 11, now(), now())`,
    [endpointId, tenantId],
  );
  const signers = [makeSigner(), makeSigner()] as const;
  await writeKeys(pool, log, signers, startMs, rotateAt !== undefined);
  const deliveries = Array.from({ length: leaves + waiting }, (_, i) =>
    makeDelivery(
      log,
      endpointId,
      startMs + i - (i < agedLeaves ? AGE_MS : 0),
      i,
      shape.bodyBytes ?? 0,
    ),
  );
  await writeDeliveries(pool, tenantId, endpointId, deliveries);
  const placed: (Delivery | null)[] = deliveries.slice(0, leaves);
  const texts = placed.map((delivery) => delivery?.text ?? '');
  if (rotateAt !== undefined) {
    const statement = await signRotation(log.origin, signers[0], signers[1], startMs);
    placed.splice(rotateAt, 0, null);
    texts.splice(rotateAt, 0, statement.data);
    await pool.query(
      `INSERT INTO key_statements (leaf_hash, log_id, action, key_id, leaf_data, leaf_index, valid_from)
       VALUES ($1, $2, 'rotate', $3, $4, $5, $6)`,
      [
        Buffer.from(statement.hash),
        log.id,
        keyId(signers[1]),
        statement.data,
        rotateAt,
        new Date(statement.validFromMs),
      ],
    );
  }
  const tree = await writeLeaves(pool, log, placed, texts);
  await writeTree(pool, log, tree);
  for (let size = headEvery; size < tree.size + headEvery; size += headEvery) {
    const at = Math.min(size, tree.size);
    const signer = rotateAt !== undefined && at > rotateAt ? signers[1] : signers[0];
    await writeHead(pool, log, tree, at, startMs + size, signer);
  }
  await writeCosignature(pool, log, tree);
  await writeWaiting(pool, log, deliveries.slice(leaves));
  return { log, texts, tree };
}

function keyId({ publicKey }: Signer): Buffer {
  return Buffer.from(keyIdFromPublicKey(publicKey), 'hex');
}

async function writeKeys(
  pool: Pool,
  log: Log,
  [first, second]: readonly [Signer, Signer],
  startMs: number,
  hasSecond: boolean,
): Promise<void> {
  const insert = `INSERT INTO attestation_keys (key_id, log_id, public_key, provider, valid_from, valid_until, state)
                  VALUES ($1, $2, $3, 'file', $4, $5, $6)`;
  const [from, until] = [new Date(startMs), hasSecond ? new Date(startMs) : null];
  const state = hasSecond ? 'retired' : 'active';
  await pool.query(insert, [
    keyId(first),
    log.id,
    Buffer.from(first.publicKey),
    from,
    until,
    state,
  ]);
  if (!hasSecond) return;
  await pool.query(insert, [
    keyId(second),
    log.id,
    Buffer.from(second.publicKey),
    from,
    null,
    'active',
  ]);
}

function makeDelivery(
  log: Log,
  endpointId: string,
  atMs: number,
  i: number,
  bodyBytes: number,
): Delivery {
  const [eventId, attemptId] = [newId<'event'>(atMs), newId<'delivery_attempt'>(atMs)];
  const body = Buffer.concat([Buffer.from(`payload ${i}`), Buffer.alloc(bodyBytes, i)]);
  const isDelivered = i % 5 !== 4;
  const { data } = encodeDeliveryLeaf(
    log.origin,
    {
      deliveryAttemptId: attemptId,
      eventId,
      endpointId: endpointId as never,
      endpointUrl: 'https://receiver.test/hook?token=planted',
      attemptNumber: 1,
      payloadHash: sha256(body),
      payloadSize: body.length,
      attemptedAtMs: atMs,
    },
    isDelivered
      ? {
          outcome: 'delivered',
          completedAtMs: atMs + 5,
          responseStatus: 200,
          responseHash: sha256(utf8FromString('ok')),
          error: null,
        }
      : {
          outcome: 'failed',
          completedAtMs: atMs + 5,
          responseStatus: null,
          responseHash: null,
          error: 'timeout',
        },
  );
  return { eventId, attemptId, body, atMs, isDelivered, text: data };
}

const ROWS = 2_000;

async function writeDeliveries(
  pool: Pool,
  tenantId: string,
  endpointId: string,
  all: readonly Delivery[],
): Promise<void> {
  for (let at = 0; at < all.length; at += ROWS) {
    const rows = all.slice(at, at + ROWS);
    const events = rows.map(({ eventId }) => eventId);
    const times = rows.map(({ atMs }) => new Date(atMs));
    await pool.query(
      `INSERT INTO webhook_events (id, tenant_id, endpoint_id, status, payload_hash, payload_size, received_at)
       SELECT row.id, $1, $2, 'delivered', row.hash, row.size, row.at
         FROM unnest($3::uuid[], $4::bytea[], $5::int[], $6::timestamptz[]) AS row (id, hash, size, at)`,
      [
        tenantId,
        endpointId,
        events,
        rows.map(({ body }) => Buffer.from(sha256(body))),
        rows.map(({ body }) => body.length),
        times,
      ],
    );
    await pool.query(
      `INSERT INTO event_payloads (event_id, body) SELECT * FROM unnest($1::uuid[], $2::bytea[])`,
      [events, rows.map(({ body }) => body)],
    );
    await pool.query(
      `INSERT INTO delivery_attempts (id, event_id, endpoint_id, tenant_id, attempt_number, lease_id, endpoint_url,
                                      attempted_at, completed_at, outcome, response_status, response_hash, error)
       SELECT row.id, row.event_id, $1, $2, 1, 1, 'https://receiver.test/hook?token=planted',
              row.at, row.at + interval '5 ms',
              CASE WHEN row.ok THEN 'delivered' ELSE 'failed' END, CASE WHEN row.ok THEN 200 END,
              CASE WHEN row.ok THEN $3::bytea END, CASE WHEN NOT row.ok THEN 'timeout' END
         FROM unnest($4::uuid[], $5::uuid[], $6::timestamptz[], $7::boolean[]) AS row (id, event_id, at, ok)`,
      [
        endpointId,
        tenantId,
        Buffer.from(sha256(utf8FromString('ok'))),
        rows.map(({ attemptId }) => attemptId),
        events,
        times,
        rows.map(({ isDelivered }) => isDelivered),
      ],
    );
  }
}

async function writeLeaves(
  pool: Pool,
  log: Log,
  placed: readonly (Delivery | null)[],
  texts: readonly string[],
): Promise<MemoryTree> {
  const tree = new MemoryTree();
  const hashes = texts.map((text) => leafHash(utf8FromString(text)));
  for (const hash of hashes) tree.append(hash);
  for (let at = 0; at < texts.length; at += ROWS) {
    const rows = placed.slice(at, at + ROWS);
    await pool.query(
      `INSERT INTO merkle_leaves (log_id, leaf_index, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
       SELECT $1, $2 + row.n - 1, CASE WHEN row.id IS NOT NULL THEN $3::uuid END, row.id, row.hash, row.text
         FROM unnest($4::uuid[], $5::bytea[], $6::text[]) WITH ORDINALITY AS row (id, hash, text, n)`,
      [
        log.id,
        at,
        log.tenantId,
        rows.map((delivery) => delivery?.attemptId ?? null),
        hashes.slice(at, at + ROWS).map((hash) => Buffer.from(hash)),
        texts.slice(at, at + ROWS),
      ],
    );
  }
  return tree;
}

async function writeTree(pool: Pool, log: Log, tree: MemoryTree): Promise<void> {
  const hashes = Array.from({ length: tree.size }, (_, index) =>
    tree.hashOfNode({ level: 0, index }),
  );
  for (const tile of planTileWrites(0, [], hashes)) {
    await pool.query(
      `INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes, upper_nodes)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        log.id,
        tile.level,
        tile.index,
        tile.width,
        Buffer.from(tile.hashes),
        tile.upperNodes === null ? null : Buffer.from(tile.upperNodes),
      ],
    );
  }
  const range = compactRangeFromHashes(0, []);
  for (const hash of hashes) range.append(hash);
  await pool.query('UPDATE logs SET tree_size = $2, right_edge = $3 WHERE id = $1', [
    log.id,
    tree.size,
    Buffer.concat(range.hashes),
  ]);
}

async function writeHead(
  pool: Pool,
  log: Log,
  tree: MemoryTree,
  size: number,
  timestampMs: number,
  signer: Signer,
): Promise<void> {
  const root = tree.root(size);
  const body = encodeCheckpointBody(log.origin, size, root);
  const line = encodeNoteSignature(
    log.origin,
    noteKeyId(log.origin, 0x01, signer.publicKey),
    await signer.sign(utf8FromString(body)),
  );
  await pool.query(
    `INSERT INTO signed_tree_heads (id, log_id, tree_size, root_hash, timestamp_ms, signature, key_id, checkpoint)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      randomUUID(),
      log.id,
      size,
      Buffer.from(root),
      timestampMs,
      Buffer.from(await signer.sign(encodeTreeHead(timestampMs, size, root))),
      keyId(signer),
      `${body}\n${line}`,
    ],
  );
}

const WITNESS = 'witness.test/w1';

async function writeCosignature(pool: Pool, log: Log, tree: MemoryTree): Promise<void> {
  const witness = makeSigner();
  const time = 1_760_000_000n;
  const body = encodeCheckpointBody(log.origin, tree.size, tree.root());
  const timed = Buffer.alloc(72);
  timed.writeBigUInt64BE(time, 0);
  timed.set(await witness.sign(encodeCosignatureMessage(time, body)), 8);
  const line = encodeNoteSignature(WITNESS, noteKeyId(WITNESS, 0x04, witness.publicKey), timed);
  await pool.query(
    `INSERT INTO cosignatures (log_id, tree_size, witness, public_key, cosigned_at, line)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      log.id,
      tree.size,
      WITNESS,
      Buffer.from(witness.publicKey),
      new Date(Number(time) * 1_000),
      line,
    ],
  );
}

async function writeWaiting(pool: Pool, log: Log, deliveries: readonly Delivery[]): Promise<void> {
  await pool.query(
    `INSERT INTO pending_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
     SELECT $1, $2, row.id, row.hash, row.text
       FROM unnest($3::uuid[], $4::bytea[], $5::text[]) AS row (id, hash, text)`,
    [
      log.id,
      log.tenantId,
      deliveries.map(({ attemptId }) => attemptId),
      deliveries.map(({ text }) => Buffer.from(leafHash(utf8FromString(text)))),
      deliveries.map(({ text }) => text),
    ],
  );
}
