/** What must hold after any failure, once everything has recovered: what was promised is there, and what happened is in the log. @module */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  bytesFromHex,
  equalBytes,
  followKeyStatements,
  parseTreeHead,
  verifyProofPackage,
} from '@kapsel/verification';
import pg from 'pg';
import { type CheckedLog, checkLog } from './check-log.ts';
import type { Arrival } from './receiver-process.ts';

/** What was seen from outside while things failed. */
export interface Journal {
  /** By idempotency key: the event that the sender was told of, and what it had sent. */
  readonly accepted: ReadonlyMap<string, { readonly eventId: string; readonly body: string }>;
  /** What destinations have received. */
  readonly arrivals: readonly Arrival[];
  /** Heads as they were published, as texts. */
  readonly heads: readonly string[];
  /** Proof packages that somebody has downloaded, with the key that was pinned then. */
  readonly packages: readonly { readonly text: string; readonly publicKey: string }[];
}

/** Events may be on their way yet; else each has come to an end. */
export interface Ending {
  readonly mayBeOpen?: boolean;
  /** The verifier's clock, where that of the server was wrong: heads of the future are not trusted. */
  readonly nowMs?: number;
}

/** Fails with what was lost, done twice or contradicted. Run it while no server works on the database. */
export async function reconcile(
  connectionString: string,
  { accepted, arrivals, heads, packages }: Journal,
  { mayBeOpen = false, nowMs = Date.now() }: Ending = {},
): Promise<CheckedLog> {
  const checked = await checkLog(connectionString);
  const events = await readEvents(connectionString);

  for (const [key, { eventId, body }] of accepted) {
    const event = events.get(eventId);
    assert.ok(event, `event ${eventId} was accepted and is not there`);
    assert.equal(event.sha256, sha256(body), `body of ${eventId}`);
    assert.deepEqual(event.keys, [key], `keys of ${eventId}`);
  }
  const ids = [...accepted.values()].map(({ eventId }) => eventId);
  assert.equal(new Set(ids).size, ids.length, 'two keys have made one event');

  if (!mayBeOpen) {
    const open = [...events].filter(([, { status, held }]) => !held && !ENDED.has(status));
    assert.deepEqual(open, [], 'events that have not ended');
    assert.deepEqual(
      [checked.waiting, checked.unsettled],
      [0, 0],
      'leaves that wait, open attempts',
    );
  }

  // Each request that anybody has seen is an attempt, each attempt was sent once at most, with the bytes of its event.
  const leaves = new Map(checked.leaves.map((leaf) => [leaf.deliveryAttemptId, leaf]));
  const seen = new Set<string>();
  for (const { attemptId, eventId, sha256: received } of arrivals) {
    assert.ok(!seen.has(attemptId), `attempt ${attemptId} was sent twice`);
    seen.add(attemptId);
    assert.equal(received, events.get(eventId)?.sha256, `bytes of ${eventId} on their way`);
    if (!mayBeOpen) assert.equal(leaves.get(attemptId)?.eventId, eventId, `leaf of ${attemptId}`);
  }

  const [shared] = checked.trees.values();
  assert.ok(shared);
  for (const text of heads) {
    const head = parseTreeHead(text);
    assert.ok(head.treeSize <= BigInt(shared.tree.size), 'the tree has shrunk');
    const root = shared.tree.root(Number(head.treeSize));
    assert.ok(equalBytes(head.rootHash, root), `another tree was published at ${head.treeSize}`);
  }
  for (const { text, publicKey } of packages) {
    const trust = { keys: [{ publicKey: bytesFromHex(publicKey), name: null }] };
    const { verdict } = verifyProofPackage(text, trust, { nowMs, followKeyStatements });
    assert.equal(verdict, 'verified');
  }
  return checked;
}

const ENDED: ReadonlySet<string> = new Set(['delivered', 'failed']);

interface EventRow {
  readonly id: string;
  readonly status: string;
  readonly held: boolean;
  readonly sha256: string;
  readonly keys: string[];
}

async function readEvents(connectionString: string): Promise<ReadonlyMap<string, EventRow>> {
  const client = new pg.Client({ connectionString, application_name: 'reconcile' });
  await client.connect();
  try {
    const { rows } = await client.query<EventRow>(
      `SELECT id, status, held, encode(payload_hash, 'hex') AS sha256,
              ARRAY(SELECT key FROM idempotency_keys k WHERE k.event_id = e.id) AS keys
         FROM webhook_events e`,
    );
    return new Map(rows.map((row) => [row.id, row]));
  } finally {
    await client.end();
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
