// @ts-check
/** Leaves as settled deliveries leave them: real texts of some 700 bytes that wait to be sequenced. @module */
import { randomBytes, randomUUID } from 'node:crypto';
import { importServer } from './bench-database.mjs';

/**
 * @typedef {import('pg').Pool} Pool
 * @typedef {{ attemptId: string, data: string, hash: Uint8Array }} Leaf
 */

const ATTEMPTED_MS = Date.parse('2026-01-15T10:30:45.000Z');

/** @param {string} origin @param {number} count @returns {Promise<Leaf[]>} */
export async function makeLeaves(origin, count) {
  const [{ encodeDeliveryLeaf }, { newId }] = await Promise.all(
    ['attestation/leaf.js', 'base/ids.js'].map(importServer),
  );
  return Array.from({ length: count }, () => {
    const attemptId = newId(Date.now()); // as attempts have it: in order of time, so that indexes grow at their end
    const leaf = encodeDeliveryLeaf(
      origin,
      {
        deliveryAttemptId: attemptId,
        eventId: randomUUID(),
        endpointId: randomUUID(),
        endpointUrl: 'https://receiver.example/webhooks/orders',
        attemptNumber: 1,
        payloadHash: randomBytes(32),
        payloadSize: 1024,
        attemptedAtMs: ATTEMPTED_MS,
      },
      {
        outcome: 'delivered',
        completedAtMs: ATTEMPTED_MS + 40,
        responseStatus: 200,
        responseHash: randomBytes(32),
        error: null,
      },
    );
    return { attemptId, ...leaf };
  });
}

/** Lets them wait, all in one transaction. @param {Pool} pool @param {string} logId @param {readonly Leaf[]} leaves */
export async function letWait(pool, logId, leaves) {
  await pool.query(
    `INSERT INTO pending_leaves (log_id, delivery_attempt_id, leaf_hash, leaf_data)
     SELECT $1::uuid, * FROM unnest($2::uuid[], $3::bytea[], $4::text[])`,
    [
      logId,
      leaves.map(({ attemptId }) => attemptId),
      leaves.map(({ hash }) => Buffer.from(hash)),
      leaves.map(({ data }) => data),
    ],
  );
}

/**
 * What storing the same rows costs with no tree at all: one statement, the same table and indexes, one commit.
 * @param {Pool} pool @param {string} logId A log that nobody reads. @param {number} firstIndex @param {readonly Leaf[]} leaves
 */
export async function insertOnly(pool, logId, firstIndex, leaves) {
  await pool.query(
    `INSERT INTO merkle_leaves (log_id, leaf_index, delivery_attempt_id, leaf_hash, leaf_data)
     SELECT $1, $2 + row.ordinal - 1, row.attempt_id, row.hash, row.data
       FROM unnest($3::uuid[], $4::bytea[], $5::text[]) WITH ORDINALITY AS row (attempt_id, hash, data, ordinal)`,
    [
      logId,
      firstIndex,
      leaves.map(({ attemptId }) => attemptId),
      leaves.map(({ hash }) => Buffer.from(hash)),
      leaves.map(({ data }) => data),
    ],
  );
}
