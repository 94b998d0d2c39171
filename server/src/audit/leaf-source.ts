/** Reads the leaves of a log in chunks and checks each beside its tile, its attempt, its event and its body. @module */
import { TILE_WIDTH } from '@kapsel/tree';
import { type DeliveryLeaf, hexFromBytes } from '@kapsel/verification';
import { timeFromMs } from '../base/clock.ts';
import type { Db } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import type { KeyHistory } from './check-keys.ts';
import { checkAttempt, checkLeaf, type LeafRow } from './check-leaf.ts';
import { hashAt } from './check-tree.ts';
import type { Findings } from './contradiction.ts';
import {
  type AuditedLog,
  findFirstLeafAcrossTenants,
  hashBodiesAcrossTenants,
  listAttachedMonths,
  listAttemptsAcrossTenants,
  listDoubledAcrossTenants,
  listLeavesAcrossTenants,
  listTiles,
} from './store.ts';

// What the database hashes in one statement, well below its deadline.
const MOST_BODY_BYTES = 64 * 1024 * 1024;

export interface LeafSourceDeps {
  readonly log: Log;
  readonly audited: AuditedLog;
  readonly keys: KeyHistory;
  readonly findings: Findings;
  readonly chunk: number;
  readonly bodiesOneIn: number;
  readonly round: number;
}

export class LeafSource {
  readonly #deps: LeafSourceDeps;
  #withoutText = 0;
  #checkedBodies = 0;

  constructor(deps: LeafSourceDeps) {
    this.#deps = deps;
  }

  get withoutText(): number {
    return this.#withoutText;
  }

  get checkedBodies(): number {
    return this.#checkedBodies;
  }

  /** The hashes of the next leaves from `from` on, checked; null when there is nothing at this index at all. */
  async load(db: Db, from: number, size: number): Promise<Uint8Array[] | null> {
    const { log, audited, keys, findings, chunk } = this.#deps;
    const until = Math.min(size, Math.floor(from / TILE_WIDTH) * TILE_WIDTH + chunk);
    const rows = groupByIndex(await listLeavesAcrossTenants(db, log.id, from, until));
    const inTile = await this.#tileHashes(db, from, until);
    let storedFrom: number | null = null;
    const hashes: Uint8Array[] = [];
    const deliveries: [number, DeliveryLeaf][] = [];
    for (let index = from; index < until; index++) {
      const [row, double] = rows.get(index) ?? [];
      const at = `index ${index}`;
      const stored = inTile(index);
      if (double !== undefined) {
        findings.add({ where: 'merkle_leaves.leaf_index', at, want: 'one leaf', got: 'two' });
      }
      if (row === undefined) {
        storedFrom ??= await this.#storedFrom(db);
        if (index < storedFrom && stored !== null) this.#withoutText += 1;
        else findings.add({ where: 'merkle_leaves.leaf_index', at, want: 'a leaf', got: 'none' });
        if (stored === null) break;
        hashes.push(stored);
        continue;
      }
      const checked = checkLeaf(row, audited.origin, stored);
      findings.addAll(checked.findings);
      findings.addAll(keys.checkPlace(index, checked.hash, checked.key));
      if (checked.delivery !== null) deliveries.push([index, checked.delivery]);
      hashes.push(checked.hash);
    }
    await this.#checkDeliveries(db, deliveries);
    return hashes.length === 0 ? null : hashes;
  }

  async #tileHashes(
    db: Db,
    from: number,
    until: number,
  ): Promise<(index: number) => Uint8Array | null> {
    const first = Math.floor(from / TILE_WIDTH);
    const count = Math.ceil(until / TILE_WIDTH) - first;
    const places = Array.from({ length: count }, (_, i) => ({ level: 0, index: first + i }));
    const tiles = await listTiles(db, this.#deps.log.id, places);
    const byIndex = new Map(tiles.map((tile) => [tile.index, tile]));
    return (index) => {
      const tile = byIndex.get(Math.floor(index / TILE_WIDTH));
      const offset = index % TILE_WIDTH;
      return tile === undefined || offset >= tile.width ? null : hashAt(tile.hashes, offset);
    };
  }

  /**
   * The first index whose leaf must be there. Retention detaches the oldest months: then, and only then, leaves at the
   * beginning may be missing. Where the log's first month is still attached, none may.
   */
  async #storedFrom(db: Db): Promise<number> {
    const { log, audited } = this.#deps;
    const [oldest] = await listAttachedMonths(db, 'merkle_leaves');
    if (oldest !== undefined && monthOf(audited.createdAtMs) >= oldest) return 0;
    return (await findFirstLeafAcrossTenants(db, log.id)) ?? audited.treeSize;
  }

  async #checkDeliveries(
    db: Db,
    deliveries: readonly (readonly [number, DeliveryLeaf])[],
  ): Promise<void> {
    if (deliveries.length === 0) return;
    const { findings } = this.#deps;
    const ids = deliveries.map(([, leaf]) => leaf.deliveryAttemptId);
    for (const id of await listDoubledAcrossTenants(db, ids)) {
      const at = `delivery attempt ${id}`;
      findings.add({
        where: 'merkle_leaves.delivery_attempt_id',
        at,
        want: 'one leaf',
        got: 'more',
      });
    }
    const times = deliveries.map(([, leaf]) => leaf.attemptedAtMs);
    // Leaves carry milliseconds, rows microseconds.
    const span = {
      from: timeFromMs(Math.min(...times)),
      until: timeFromMs(Math.max(...times) + 1),
    };
    const attempts = await listAttemptsAcrossTenants(db, ids, span);
    const byId = new Map(attempts.map((row) => [row.id, row]));
    let months: readonly string[] | null = null;
    for (const [, leaf] of deliveries) {
      const row = byId.get(leaf.deliveryAttemptId);
      if (row !== undefined) {
        findings.addAll(checkAttempt(leaf, row));
        continue;
      }
      months ??= await listAttachedMonths(db, 'delivery_attempts');
      if (!months.includes(monthOf(leaf.attemptedAtMs))) continue;
      const at = `delivery attempt ${leaf.deliveryAttemptId}`;
      const want = `a row at ${leaf.attemptedAt}`;
      findings.add({ where: 'delivery_attempts', at, want, got: 'none' });
    }
    await this.#checkBodies(db, deliveries);
  }

  async #checkBodies(
    db: Db,
    deliveries: readonly (readonly [number, DeliveryLeaf])[],
  ): Promise<void> {
    const { bodiesOneIn, round, findings } = this.#deps;
    const chosen = deliveries.filter(([index]) => (index + round) % bodiesOneIn === 0);
    for (const batch of batchesOf(chosen.map(([, leaf]) => leaf))) {
      const hashes = await hashBodiesAcrossTenants(
        db,
        batch.map(({ eventId }) => eventId),
      );
      for (const { eventId, payloadHash } of batch) {
        const hash = hashes.get(eventId);
        if (hash === undefined) continue; // expired: the hash in the leaf outlives the body
        this.#checkedBodies += 1;
        const got = hexFromBytes(hash);
        if (got === payloadHash) continue;
        const at = `event ${eventId}`;
        findings.add({ where: 'event_payloads.body', at, want: payloadHash, got });
      }
    }
  }
}

function groupByIndex(rows: readonly LeafRow[]): Map<number, [LeafRow, LeafRow?]> {
  const groups = new Map<number, [LeafRow, LeafRow?]>();
  for (const row of rows) {
    const first = groups.get(row.leafIndex)?.[0];
    groups.set(row.leafIndex, first === undefined ? [row] : [first, row]);
  }
  return groups;
}

function batchesOf(leaves: readonly DeliveryLeaf[]): DeliveryLeaf[][] {
  const batches: DeliveryLeaf[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const leaf of leaves) {
    if (bytes + leaf.payloadSize > MOST_BODY_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(leaf);
    bytes += leaf.payloadSize;
  }
  return batches;
}

/** The partition's name for a time: its month in UTC. */
export function monthOf(ms: number): string {
  return timeFromMs(ms).slice(0, 7).replace('-', '_');
}
