/** STORY: a whole log is verified again from its tables, a slice at a time: keys, leaves, tiles, heads, and what waits. @module */
import { proveConsistency, readRightEdge, type TileReader, tilePath } from '@kapsel/tree';
import { hexFromBytes, VerificationError, verifyConsistency } from '@kapsel/verification';
import type { Pool } from 'pg';
import { tileReader } from '../attestation/tile-store.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import { listKeyStatements } from '../keys/statement-store.ts';
import { listAttestationKeys } from '../keys/store.ts';
import type { Log } from '../logs/log.ts';
import { type CosignatureRow, checkCosignature, checkHead, type HeadRow } from './check-head.ts';
import { checkKey, checkStatement, KeyHistory } from './check-keys.ts';
import { checkTile, TreeChecker } from './check-tree.ts';
import { type Contradiction, Findings } from './contradiction.ts';
import { checkEdge } from './end.ts';
import { LeafSource } from './leaf-source.ts';
import { SettledCheck } from './settled.ts';
import { type AuditedLog, getAuditedLog, listCosignatures, listHeads, listTiles } from './store.ts';

const TILE_WIDTH = 256;
const PAGE = 200;

export interface AuditOptions {
  /** Where to begin; what lies below is believed as the tiles have it. Rounded down to a full tile. */
  readonly fromSize?: number;
  /** Leaves a step takes at once; a multiple of 256. */
  readonly chunk: number;
  /** Stored bodies are hashed for one leaf in so many; `round` chooses which. */
  readonly bodiesOneIn: number;
  readonly round?: number;
  /** A size and root that were seen before: the tree must still begin with it. */
  readonly seen?: { readonly treeSize: number; readonly rootHash: Uint8Array } | null;
  readonly onContradiction: (contradiction: Contradiction) => void;
  /** Called between signatures, which cost a millisecond each, so that others get their turn. */
  readonly pause: () => Promise<void>;
}

export interface AuditReport {
  readonly log: string;
  readonly origin: string;
  readonly fromSize: number;
  readonly treeSize: number;
  readonly checkedLeaves: number;
  /** Of these, the leaves of detached months: no text is left, their hashes stand in the tiles. */
  readonly leavesWithoutText: number;
  readonly checkedHeads: number;
  readonly checkedBodies: number;
  readonly contradictions: number;
}

type Phase = 'begin' | 'tree' | 'end' | 'settled' | 'done';

/**
 * One pass over one log. Each `step` reads one snapshot of its own, so that no transaction outlives it and the log may
 * grow meanwhile: what is committed never changes, and what comes after the size of the beginning is left to the next
 * pass. Memory is one chunk of leaves and one page of heads, whatever the log holds. Nothing is written.
 */
export class LogAudit {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #options: AuditOptions;
  readonly #findings: Findings;
  #phase: Phase = 'begin';
  #audited: AuditedLog | null = null;
  #tree = new TreeChecker();
  #keys = new KeyHistory([], []);
  #fromSize = 0;
  #source: LeafSource | null = null;
  #settled: SettledCheck | null = null;
  /** Hashes of leaves that are checked and wait to be appended. */
  #ready: Uint8Array[] = [];
  #heads: HeadRow[] = [];
  #hasMoreHeads = true;
  #lastHead: HeadRow | null = null;
  #cosignatures: CosignatureRow[] = [];
  #hasMoreCosignatures = true;
  #lastCosignature: CosignatureRow | null = null;
  #checkedHeads = 0;

  constructor(pool: Pool, log: Log, options: AuditOptions) {
    this.#pool = pool;
    this.#log = log;
    this.#options = options;
    this.#findings = new Findings(log.name, options.onContradiction);
  }

  /** Does a piece of the work; false when all is done. */
  async step(): Promise<boolean> {
    if (this.#phase === 'done') return false;
    try {
      this.#phase = await inTransaction(
        this.#pool,
        (db) => this.#advance(db),
        'REPEATABLE READ READ ONLY',
      );
    } catch (error) {
      // What the row functions refuse to read, as a size beyond 2^53, nobody of ours has written.
      if (!(error instanceof RangeError)) throw error;
      const want = 'values that can be read';
      this.#findings.add({ where: 'logs', at: this.#phase, want, got: error.message });
      this.#phase = 'done';
    }
    return this.#phase !== 'done';
  }

  get report(): AuditReport {
    return {
      log: this.#log.name,
      origin: this.#audited?.origin ?? this.#log.origin,
      fromSize: this.#fromSize,
      treeSize: this.#audited?.treeSize ?? 0,
      checkedLeaves: this.#tree.size - this.#fromSize,
      leavesWithoutText: this.#source?.withoutText ?? 0,
      checkedHeads: this.#checkedHeads,
      checkedBodies: this.#source?.checkedBodies ?? 0,
      contradictions: this.#findings.count,
    };
  }

  /** What a later pass may hold the log to. */
  get seen(): { readonly treeSize: number; readonly rootHash: Uint8Array } {
    return { treeSize: this.#tree.size, rootHash: this.#tree.root() };
  }

  async #advance(db: Db): Promise<Phase> {
    switch (this.#phase) {
      case 'begin':
        return this.#begin(db);
      case 'tree':
        return this.#grow(db);
      case 'end':
        this.#findings.addAll(await checkEdge(db, this.#log.id, this.#tree, this.#get()));
        return 'settled';
      case 'settled':
        return (await this.#settled?.step(db)) === true ? 'settled' : 'done';
      case 'done':
        return 'done';
    }
  }

  async #begin(db: Db): Promise<Phase> {
    const { id } = this.#log;
    const { fromSize = 0, chunk, bodiesOneIn, round = 0, seen } = this.#options;
    const audited = await getAuditedLog(db, id);
    this.#audited = audited;
    const keys = (await listAttestationKeys(db, id)).map(({ keyId, publicKey }) => ({
      keyId: hexFromBytes(keyId),
      publicKey,
    }));
    const statements = (await listKeyStatements(db, id)).map((row) => ({
      ...row,
      keyId: hexFromBytes(row.keyId),
    }));
    this.#findings.addAll(keys.flatMap(checkKey));
    this.#findings.addAll(statements.flatMap((row) => checkStatement(row, audited.origin)));
    this.#keys = new KeyHistory(keys, statements);
    this.#fromSize = Math.floor(Math.min(fromSize, audited.treeSize) / TILE_WIDTH) * TILE_WIDTH;
    this.#tree = new TreeChecker(
      this.#fromSize,
      await readRightEdge(tileReader(db, id), this.#fromSize),
    );
    this.#source = new LeafSource({
      log: this.#log,
      audited,
      keys: this.#keys,
      findings: this.#findings,
      chunk,
      bodiesOneIn,
      round,
    });
    this.#settled = new SettledCheck(this.#log, audited, this.#findings);
    if (seen != null && seen.treeSize > audited.treeSize) {
      this.#findings.add({
        where: 'logs.tree_size',
        at: `size ${audited.treeSize}`,
        want: `at least ${seen.treeSize}, as it was`,
        got: `${audited.treeSize}`,
      });
    }
    return 'tree';
  }

  async #grow(db: Db): Promise<Phase> {
    const { treeSize } = this.#get();
    await this.#loadPages(db, treeSize);
    if (this.#ready.length === 0 && this.#tree.size < treeSize) {
      const hashes = await this.#source?.load(db, this.#tree.size, treeSize);
      // Neither leaf nor tile: the size in `logs` is made up, and has been reported as such.
      if (hashes == null) return 'end';
      this.#ready = hashes;
    }
    const tiles = cachedTiles(tileReader(db, this.#log.id));
    for (;;) {
      await this.#checkWhatIsSigned(tiles);
      const next = this.#needsPage() ? undefined : this.#ready.shift();
      if (next === undefined) break;
      this.#tree.append(next);
      this.#checkSeen();
    }
    await this.#checkFullTiles(db);
    const isEnd = this.#tree.size === treeSize && !this.#needsPage();
    return isEnd ? 'end' : 'tree';
  }

  async #loadPages(db: Db, treeSize: number): Promise<void> {
    const { id } = this.#log;
    // A head at the size where an audit begins is held against the edge that was believed there.
    const begin = { treeSize: this.#fromSize, timestampMs: -1, publicKey: new Uint8Array() };
    if (this.#heads.length === 0 && this.#hasMoreHeads) {
      this.#heads = await listHeads(db, id, this.#lastHead ?? begin, treeSize, PAGE);
      this.#hasMoreHeads = this.#heads.length === PAGE;
    }
    if (this.#cosignatures.length === 0 && this.#hasMoreCosignatures) {
      const after = this.#lastCosignature ?? begin;
      this.#cosignatures = await listCosignatures(db, id, after, treeSize, PAGE);
      this.#hasMoreCosignatures = this.#cosignatures.length === PAGE;
    }
  }

  #needsPage(): boolean {
    return (
      (this.#heads.length === 0 && this.#hasMoreHeads) ||
      (this.#cosignatures.length === 0 && this.#hasMoreCosignatures)
    );
  }

  async #checkWhatIsSigned(tiles: TileReader): Promise<void> {
    const { origin } = this.#get();
    while (this.#heads[0]?.treeSize === this.#tree.size) {
      const [head] = this.#heads.splice(0, 1) as [HeadRow];
      const root = this.#tree.root();
      this.#findings.addAll(checkHead(head, root, this.#lastHead, this.#keys, origin));
      if (this.#lastHead !== null) await this.#checkConsistency(tiles, this.#lastHead, head);
      this.#lastHead = head;
      this.#checkedHeads += 1;
      await this.#options.pause();
    }
    while (this.#cosignatures[0]?.treeSize === this.#tree.size) {
      const [cosignature] = this.#cosignatures.splice(0, 1) as [CosignatureRow];
      this.#findings.addAll(checkCosignature(cosignature, this.#tree.root(), origin));
      this.#lastCosignature = cosignature;
      await this.#options.pause();
    }
  }

  /** As an outsider would check it: a proof made from the stored tiles, given to the core's verifier. */
  async #checkConsistency(tiles: TileReader, older: HeadRow, newer: HeadRow): Promise<void> {
    const [oldSize, newSize] = [older.treeSize, newer.treeSize];
    try {
      const path = oldSize === newSize ? [] : await proveConsistency(tiles, oldSize, newSize);
      verifyConsistency(older.rootHash, newer.rootHash, oldSize, newSize, path);
    } catch (error) {
      const got = error instanceof VerificationError ? error.code : 'a tile that cannot be used';
      this.#findings.add({
        where: 'signed_tree_heads',
        at: `size ${newSize}, head ${newer.id}`,
        want: `a tree that begins with that of size ${oldSize}`,
        got,
      });
    }
  }

  #checkSeen(): void {
    const { seen } = this.#options;
    if (seen?.treeSize !== this.#tree.size) return;
    const [want, got] = [seen.rootHash, this.#tree.root()].map(hexFromBytes) as [string, string];
    if (want === got) return;
    const at = `size ${seen.treeSize}`;
    this.#findings.add({ where: 'merkle_leaves', at, want: `root ${want}, as it was`, got });
  }

  async #checkFullTiles(db: Db): Promise<void> {
    const full = this.#tree.takeFullTiles();
    if (full.length === 0) return;
    const stored = await listTiles(db, this.#log.id, full);
    const byPath = new Map(stored.map((tile) => [`${tile.level}/${tile.index}`, tile]));
    for (const tile of full) {
      this.#findings.addAll(checkTile(tile, byPath.get(`${tile.level}/${tile.index}`)));
    }
  }

  #get(): AuditedLog {
    if (this.#audited === null) throw new TypeError('the audit has not begun');
    return this.#audited;
  }
}

/** Successive heads share most of their tiles; a snapshot never shows another one. Bounded by the page of heads. */
function cachedTiles(reader: TileReader): TileReader {
  const cache = new Map<string, Promise<Uint8Array>>();
  return {
    readTile(level, index, width) {
      const key = tilePath(level, index, width);
      const found = cache.get(key) ?? reader.readTile(level, index, width);
      cache.set(key, found);
      return found;
    },
  };
}
