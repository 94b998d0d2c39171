/** Read replicas: how far each is behind, which may be asked, and what is done when one or the primary is away. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import { isDatabaseAway } from './errors.ts';
import type { Pools } from './pools.ts';
import type { Reads } from './reads.ts';
import type { Db } from './transaction.ts';

/** Who answered: a replica, the primary because no replica is fresh, or the primary after a replica had been asked. */
export type ReadFrom = 'replica' | 'primary' | 'fallback';

export interface ReplicasDeps {
  /** Writes the beats. */
  readonly primary: Pool;
  /** Of each replica. */
  readonly replicas: readonly Pick<Pools, 'reader' | 'api'>[];
  readonly clock: Clock;
  /** A replica that is further behind is not asked. */
  readonly maxLagMs: number;
  readonly onLag: (replica: number, seconds: number) => void;
  readonly onFresh: (replica: number, isFresh: boolean) => void;
  readonly onRead: (from: ReadFrom) => void;
  readonly onError: (error: unknown) => void;
}

interface Replica {
  readonly number: number;
  readonly pools: Pick<Pools, 'reader' | 'api'>;
  isFresh: boolean;
}

const INTERVAL_MS = 500;

// Several servers write: the newest of their times stays.
const WRITE_BEAT = `
  UPDATE replica_beats SET beat_at = greatest(beat_at, clock_timestamp())
  RETURNING extract(epoch FROM beat_at)::float8 * 1000 AS beat_ms`;

// A replica that was promoted is none any more: it goes its own way, whatever it shows.
const READ_BEAT = `
  SELECT extract(epoch FROM beat_at)::float8 * 1000 AS beat_ms, pg_is_in_recovery() AS is_replica
    FROM replica_beats`;

/**
 * Measures by content: a beat is written to the primary, and half a second later each replica must show it. Both times are
 * of the primary's clock. While the primary is away nothing new can be missing, so that replicas keep their freshness.
 */
export class Replicas {
  readonly #deps: ReplicasDeps;
  readonly #replicas: readonly Replica[];
  readonly #loop: Loop;
  /** The last beat that the primary has taken, by its clock; null before the first. */
  #beatMs: number | null = null;
  #isPrimaryAway = false;
  #turn = 0;

  constructor(deps: ReplicasDeps) {
    this.#deps = deps;
    this.#replicas = deps.replicas.map((pools, i) => ({ number: i + 1, pools, isFresh: false }));
    this.#loop = new Loop({
      clock: deps.clock,
      step: async () => {
        await Promise.all(this.#replicas.map((replica) => this.#measure(replica)));
        await this.#beat();
        return INTERVAL_MS;
      },
      onError: deps.onError,
    });
  }

  /** `dbOf` says which pool of a replica is asked, and as what. */
  reads<D extends Db>(primary: D, dbOf: (pools: Pick<Pools, 'reader' | 'api'>) => D): Reads<D> {
    const { onRead } = this.#deps;
    const atPrimary = <T>(ask: (db: D) => Promise<T>, from: ReadFrom): Promise<T> => {
      onRead(from);
      return ask(primary);
    };
    const atReplica = async <T>(ask: (db: D) => Promise<T>, replica: Replica): Promise<T> => {
      try {
        const found = await ask(dbOf(replica.pools));
        onRead('replica');
        return found;
      } catch (error) {
        // Until it is measured again.
        if (isDatabaseAway(error)) this.#setFresh(replica, false);
        throw error;
      }
    };
    return {
      near: async (ask, isComplete = () => true) => {
        const replica = this.#pick();
        if (replica === null) return atPrimary(ask, 'primary');
        try {
          const found = await atReplica(ask, replica);
          if (isComplete(found)) return found;
        } catch {
          // A query that is wrong fails at the primary too, and is heard of there.
        }
        return atPrimary(ask, 'fallback');
      },
      newest: async (ask) => {
        const replica = this.#pick();
        if (replica !== null && this.#isPrimaryAway) return atReplica(ask, replica);
        return atPrimary(ask, 'primary').catch((error: unknown) => {
          if (replica === null || !isDatabaseAway(error)) throw error;
          return atReplica(ask, replica);
        });
      },
    };
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** The fresh ones in turn. */
  #pick(): Replica | null {
    const fresh = this.#replicas.filter(({ isFresh }) => isFresh);
    this.#turn = (this.#turn + 1) % Math.max(1, fresh.length);
    return fresh[this.#turn] ?? null;
  }

  async #measure(replica: Replica): Promise<void> {
    const { maxLagMs, onLag, onError } = this.#deps;
    const expectedMs = this.#beatMs;
    if (expectedMs === null) return;
    try {
      const { rows } = await replica.pools.reader.query<{ beat_ms: number; is_replica: boolean }>(
        READ_BEAT,
      );
      const { beat_ms: beatMs, is_replica: isReplica } = rows[0] ?? {};
      if (beatMs === undefined || isReplica !== true) {
        this.#setFresh(replica, false);
        return;
      }
      const lagMs = Math.max(0, expectedMs - beatMs);
      onLag(replica.number, lagMs / 1_000);
      this.#setFresh(replica, lagMs <= maxLagMs);
    } catch (error) {
      this.#setFresh(replica, false);
      onError(error);
    }
  }

  async #beat(): Promise<void> {
    try {
      const { rows } = await this.#deps.primary.query<{ beat_ms: number }>(WRITE_BEAT);
      this.#beatMs = rows[0]?.beat_ms ?? null;
      this.#isPrimaryAway = false;
    } catch (error) {
      this.#isPrimaryAway = isDatabaseAway(error);
      this.#deps.onError(error);
    }
  }

  #setFresh(replica: Replica, isFresh: boolean): void {
    replica.isFresh = isFresh;
    this.#deps.onFresh(replica.number, isFresh);
  }
}
