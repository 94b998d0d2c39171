/** Re-verifies everything a database holds, from outside: leaves, tiles, both forms of each head, and the attempts behind the leaves. @module */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  compactRangeFromHashes,
  MemoryTree,
  proveConsistency,
  proveInclusion,
  TILE_WIDTH,
  type TileReader,
} from '@kapsel/tree';
import {
  type DeliveryLeaf,
  equalBytes,
  hexFromBytes,
  leafHash,
  parseKeyLeaf,
  parseLeaf,
  parseTreeHead,
  type TreeHead,
  utf8FromString,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
  verifyTreeHead,
} from '@kapsel/verification';
import pg from 'pg';

/** What was found, when all of it fits together. */
export interface CheckedLog {
  /** Of deliveries, log by log in the order of the tree; statements about keys stand between them. */
  readonly leaves: readonly DeliveryLeaf[];
  /** Log by log in the order in which they were signed. */
  readonly heads: readonly TreeHead[];
  /** One tree for each log, by its origin; the shared log's is the first. */
  readonly trees: ReadonlyMap<string, CheckedTree>;
  /** Settled attempts whose leaf has no place in the tree yet. */
  readonly waiting: number;
  /** Attempts without an outcome: on their way, or lost with their process. */
  readonly unsettled: number;
}

/**
 * Fails with what does not fit. Run it while no server works on the database. Full tiles hold their upper nodes; only
 * those that were written by an older version (`hasOldTiles`) may lack them.
 */
export async function checkLog(
  connectionString: string,
  { hasOldTiles = false } = {},
): Promise<CheckedLog> {
  const client = new pg.Client({ connectionString, application_name: 'check-log' });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const logs = await client.query<LogRow & { shared: boolean }>(
      `SELECT id, origin, tenant_id IS NULL AS shared FROM logs
        ORDER BY tenant_id NULLS FIRST, created_at, id`,
    );
    assert.equal(logs.rows.filter(({ shared }) => shared).length, 1, 'one shared log');
    const trees = new Map<string, CheckedTree>();
    for (const log of logs.rows) trees.set(log.origin, await checkTree(client, log, hasOldTiles));
    const leaves = [...trees.values()].flatMap((tree) => tree.leaves);
    const heads = [...trees.values()].flatMap((tree) => tree.heads);
    const { waiting, unsettled } = await checkAttempts(client, leaves);
    await checkEvents(client);
    await checkStrays(client);
    return { leaves, heads, trees, waiting, unsettled };
  } finally {
    await client.end();
  }
}

/** What the tree of a log holds, when all of it fits together. */
export interface CheckedTree {
  readonly tree: MemoryTree;
  readonly leaves: readonly DeliveryLeaf[];
  readonly heads: readonly TreeHead[];
}

type Db = Pick<pg.Client, 'query'>;

/** The part of `checkLog` that looks at one log alone, whatever else the database holds. */
export async function checkTree(
  db: Db,
  log: Pick<LogRow, 'id' | 'origin'>,
  hasOldTiles = false,
): Promise<CheckedTree> {
  const { tree, leaves } = await checkLeaves(db, log);
  await checkTiles(db, log, tree, hasOldTiles);
  const heads = await checkHeads(db, log, tree);
  await checkProofs(db, log, tree, heads);
  return { tree, leaves, heads };
}

/** All that a partitioned table ever held: itself, and the months that retention has detached. */
async function wholeOf(client: Db, parent: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition
        AND relname ~ ('^' || $1 || '_[0-9]{4}_[0-9]{2}$') ORDER BY relname`,
    [parent],
  );
  const parts = [parent, ...rows.map(({ name }) => name)];
  return `(${parts.map((name) => `SELECT * FROM ${name}`).join(' UNION ALL ')})`;
}

/** Rows that belong to no log or attempt are seen by none of the checks of one log. */
async function checkStrays(client: Db): Promise<void> {
  const leaves = await wholeOf(client, 'merkle_leaves');
  const { rows } = await client.query(
    `SELECT l.leaf_hash FROM ${leaves} l LEFT JOIN logs ON logs.id = l.log_id
      WHERE logs.id IS NULL OR (logs.tenant_id IS NOT NULL AND l.tenant_id <> logs.tenant_id)`,
  );
  assert.deepEqual(rows, [], 'leaves of no log, or of a tenant in the log of another');
}

interface LogRow {
  readonly id: string;
  readonly origin: string;
}

async function checkLeaves(
  client: Db,
  log: LogRow,
): Promise<{ tree: MemoryTree; leaves: DeliveryLeaf[] }> {
  const { rows } = await client.query<{
    index: number;
    delivery_attempt_id: string | null;
    leaf_hash: Buffer;
    leaf_data: string;
  }>(
    `SELECT leaf_index::int AS index, delivery_attempt_id, leaf_hash, leaf_data
       FROM ${await wholeOf(client, 'merkle_leaves')} l WHERE log_id = $1 ORDER BY leaf_index`,
    [log.id],
  );
  const tree = new MemoryTree();
  const leaves = rows.flatMap((row) => {
    const hash = leafHash(utf8FromString(row.leaf_data));
    assert.equal(hexFromBytes(row.leaf_hash), hexFromBytes(hash), `hash of leaf ${row.index}`);
    assert.equal(tree.append(hash), row.index, 'leaf indexes without a gap');
    if (row.delivery_attempt_id === null) {
      // A leaf without an attempt speaks of a key.
      assert.equal(parseKeyLeaf(row.leaf_data).log, log.origin);
      return [];
    }
    const leaf = parseLeaf(row.leaf_data);
    assert.equal(leaf.log, log.origin);
    assert.equal(leaf.deliveryAttemptId, row.delivery_attempt_id);
    return leaf;
  });
  const committed = await client.query<{ size: number; right_edge: Buffer }>(
    'SELECT tree_size::int AS size, right_edge FROM logs WHERE id = $1',
    [log.id],
  );
  const [{ size, right_edge: joined }] = committed.rows as [{ size: number; right_edge: Buffer }];
  assert.equal(size, tree.size, 'the committed size is the number of leaves');
  const edge: Uint8Array[] = [];
  for (let at = 0; at < joined.length; at += 32) edge.push(joined.subarray(at, at + 32));
  const root = compactRangeFromHashes(size, edge).root();
  assert.equal(hexFromBytes(root), hexFromBytes(tree.root()), 'root of the right edge');
  return { tree, leaves };
}

async function checkTiles(
  client: Db,
  log: LogRow,
  tree: MemoryTree,
  hasOldTiles: boolean,
): Promise<void> {
  const { rows } = await client.query<{ name: string; hashes: Buffer; upper_nodes: Buffer | null }>(
    `SELECT concat(level, '/', tile_index, ' of ', width) AS name, hashes, upper_nodes
       FROM merkle_tiles WHERE log_id = $1 ORDER BY level, tile_index`,
    [log.id],
  );
  const expected: { name: string; hashes: string; upper: string }[] = [];
  // tlog-tiles: tile level n holds the nodes of tree level 8 n.
  for (let level = 0; TILE_WIDTH ** level <= tree.size; level++) {
    const length = Math.floor(tree.size / TILE_WIDTH ** level);
    for (let first = 0; first < length; first += TILE_WIDTH) {
      const width = Math.min(TILE_WIDTH, length - first);
      const hashes = Array.from({ length: width }, (_, i) =>
        hexFromBytes(tree.hashOfNode({ level: level * 8, index: first + i })),
      );
      expected.push({
        name: `${level}/${first / TILE_WIDTH} of ${width}`,
        hashes: hashes.join(''),
        upper: width < TILE_WIDTH ? '' : upperNodes(tree, level * 8, first),
      });
    }
  }
  assert.deepEqual(
    rows.map(({ name, hashes, upper_nodes: upper }, i) => ({
      name,
      hashes: hexFromBytes(hashes),
      upper: upper !== null ? hexFromBytes(upper) : hasOldTiles ? (expected[i]?.upper ?? '') : '',
    })),
    expected,
  );
}

/** The nodes over 16, 32, 64 and 128 hashes of a full tile, the lowest first. */
function upperNodes(tree: MemoryTree, level: number, first: number): string {
  const rows = [4, 5, 6, 7].map((height) =>
    Array.from({ length: TILE_WIDTH / 2 ** height }, (_, i) =>
      hexFromBytes(tree.hashOfNode({ level: level + height, index: first / 2 ** height + i })),
    ),
  );
  return rows.flat().join('');
}

async function checkHeads(client: Db, log: LogRow, tree: MemoryTree): Promise<readonly TreeHead[]> {
  const { rows } = await client.query<{ head: string }>(
    `SELECT json_build_object(
              'tree_size', h.tree_size, 'root_hash', encode(h.root_hash, 'hex'),
              'timestamp', h.timestamp_ms, 'signature', encode(h.signature, 'hex'),
              'public_key', encode(k.public_key, 'hex'), 'sth_id', h.id,
              'log', $2::text, 'checkpoint', h.checkpoint)::text AS head
       FROM signed_tree_heads h JOIN attestation_keys k ON k.key_id = h.key_id
      WHERE h.log_id = $1 ORDER BY h.timestamp_ms`,
    [log.id, log.origin],
  );
  const heads = rows.map(({ head }) => parseTreeHead(head));
  for (const [i, head] of heads.entries()) {
    verifyTreeHead(head);
    const size = Number(head.treeSize);
    assert.equal(hexFromBytes(head.rootHash), hexFromBytes(tree.root(size)), `root at ${size}`);
    const note = verifyCheckpoint(head.checkpoint ?? '', log.origin, head.publicKey);
    assert.equal(note.treeSize, BigInt(size));
    assert.ok(equalBytes(note.rootHash, head.rootHash), 'both forms of a head agree');
    const before = heads[i - 1];
    assert.ok(before === undefined || before.timestampMs < head.timestampMs, 'times grow');
    assert.ok(before === undefined || before.treeSize <= head.treeSize, 'sizes never shrink');
  }
  const keys = heads.map(({ publicKey }) => hexFromBytes(publicKey));
  const turns = keys.filter((key, i) => key !== keys[i - 1]);
  assert.equal(
    turns.length,
    new Set(keys).size,
    'a key that was followed by another signs no more',
  );
  return heads;
}

/** From the stored tiles, as the server makes them: every leaf under the newest head, and every head in each newer one. */
async function checkProofs(
  client: Db,
  log: LogRow,
  tree: MemoryTree,
  heads: readonly TreeHead[],
): Promise<void> {
  const reader = await storedTiles(client, log.id);
  const newest = heads.at(-1);
  for (let index = 0; newest !== undefined && index < newest.treeSize; index++) {
    const size = Number(newest.treeSize);
    const path = await proveInclusion(reader, index, size);
    const hash = tree.hashOfNode({ level: 0, index });
    verifyInclusion(hash, index, size, path, newest.rootHash);
  }
  // Heads of one size have one root, which has been looked at: one of each size will do.
  const bySize = [...new Map(heads.map((head) => [head.treeSize, head])).values()];
  for (const [i, newer] of bySize.entries()) {
    for (const older of bySize.slice(0, i)) {
      const [oldSize, newSize] = [Number(older.treeSize), Number(newer.treeSize)];
      const path = await proveConsistency(reader, oldSize, newSize);
      verifyConsistency(older.rootHash, newer.rootHash, oldSize, newSize, path);
    }
  }
}

async function storedTiles(client: Db, logId: string): Promise<TileReader> {
  const { rows } = await client.query<{ name: string; hashes: Buffer }>(
    `SELECT concat(level, '/', tile_index) AS name, hashes FROM merkle_tiles WHERE log_id = $1`,
    [logId],
  );
  const tiles = new Map(rows.map(({ name, hashes }) => [name, hashes]));
  return {
    async readTile(level, index) {
      const hashes = tiles.get(`${level}/${index}`);
      assert.ok(hashes, `tile ${level}/${index}`);
      return hashes;
    },
  };
}

interface AttemptRow {
  readonly id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly endpoint_url: string;
  readonly attempt_number: number;
  readonly attempted_at: Date;
  readonly completed_at: Date | null;
  readonly outcome: string | null;
  readonly response_status: number | null;
  readonly response_hash: Buffer | null;
  readonly error: string | null;
  readonly payload_hash: Buffer;
  readonly payload_size: number;
  readonly pending: string[];
}

/** One leaf for each settled attempt, which says what the attempt's row says; none for the others. */
async function checkAttempts(
  client: Db,
  sequenced: readonly DeliveryLeaf[],
): Promise<{ waiting: number; unsettled: number }> {
  const { rows } = await client.query<AttemptRow>(
    `SELECT a.*, e.payload_hash, e.payload_size,
            ARRAY(SELECT leaf_data FROM pending_leaves p WHERE p.delivery_attempt_id = a.id) AS pending
       FROM ${await wholeOf(client, 'delivery_attempts')} a JOIN webhook_events e ON e.id = a.event_id`,
  );
  const places = new Map<string, DeliveryLeaf[]>();
  for (const leaf of sequenced) {
    places.set(leaf.deliveryAttemptId, [...(places.get(leaf.deliveryAttemptId) ?? []), leaf]);
  }
  let waiting = 0;
  for (const row of rows) {
    const leaves = [...(places.get(row.id) ?? []), ...row.pending.map(parseLeaf)];
    places.delete(row.id);
    waiting += row.pending.length;
    assert.equal(leaves.length, row.outcome === null ? 0 : 1, `leaves of attempt ${row.id}`);
    for (const leaf of leaves) assert.deepEqual(factsOfLeaf(leaf), factsOfRow(row));
  }
  assert.deepEqual([...places.keys()], [], 'leaves without an attempt');
  return { waiting, unsettled: rows.filter(({ outcome }) => outcome === null).length };
}

function factsOfLeaf(leaf: DeliveryLeaf): unknown[] {
  return [
    leaf.eventId,
    leaf.endpointId,
    leaf.endpointUrl,
    leaf.attemptNumber,
    leaf.attemptedAt,
    leaf.completedAt,
    leaf.outcome,
    leaf.responseStatus,
    leaf.responseHash,
    leaf.error,
    leaf.payloadHash,
    leaf.payloadSize,
  ];
}

function factsOfRow(row: AttemptRow): unknown[] {
  return [
    row.event_id,
    row.endpoint_id,
    row.endpoint_url,
    row.attempt_number,
    row.attempted_at.toISOString(),
    row.completed_at?.toISOString() ?? null,
    row.outcome,
    row.response_status,
    row.response_hash?.toString('hex') ?? null,
    row.error,
    row.payload_hash.toString('hex'),
    row.payload_size,
  ];
}

/** Bodies are what their hashes say; whoever is not done is queued, and nobody else. */
async function checkEvents(client: Db): Promise<void> {
  const { rows } = await client.query<{
    id: string;
    status: string;
    payload_hash: Buffer;
    payload_size: number;
    body: Buffer;
    queued: boolean;
    attempts: number | null;
    numbers: number[];
    settled: number;
  }>(
    `SELECT e.id, e.status, e.payload_hash, e.payload_size, p.body,
            q.event_id IS NOT NULL AS queued, q.attempts,
            ARRAY(SELECT attempt_number FROM ${await wholeOf(client, 'delivery_attempts')} a WHERE a.event_id = e.id
                   ORDER BY attempt_number) AS numbers,
            (SELECT count(*)::int FROM ${await wholeOf(client, 'delivery_attempts')} a
              WHERE a.event_id = e.id AND a.outcome IS NOT NULL) AS settled
       FROM webhook_events e
       JOIN event_payloads p ON p.event_id = e.id
       LEFT JOIN delivery_queue q ON q.event_id = e.id`,
  );
  for (const row of rows) {
    const { id, status, payload_hash, payload_size, body, queued, attempts, numbers, settled } =
      row;
    assert.ok(createHash('sha256').update(body).digest().equals(payload_hash), `body of ${id}`);
    assert.equal(body.length, payload_size);
    assert.equal(queued, status === 'received' || status === 'pending', `${status} event ${id}`);
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, i) => i + 1),
      `attempts of ${id}`,
    );
    if (queued) assert.equal(attempts, numbers.length);
    // The first outcome makes it pending: until then it may be on its way for the first time.
    if (status === 'received') assert.equal(settled, 0, `outcomes of ${id}`);
  }
}
