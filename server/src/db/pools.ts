/** Connection pools, one per room that talks to the database, so that none can starve another. @module */
import pg from 'pg';

export interface Pools {
  /** Accepts events. */
  readonly ingest: pg.Pool;
  /** Claims and settles deliveries. */
  readonly worker: pg.Pool;
  /** Sequences leaves and stores heads. */
  readonly sequencer: pg.Pool;
  /** Answers the API: endpoints, events, heads, proofs. */
  readonly api: pg.Pool;
  /** Audits and exports: nobody waits for it. */
  readonly upkeep: pg.Pool;
}

const SIZES: Readonly<Record<keyof Pools, number>> = {
  ingest: 4,
  worker: 4,
  sequencer: 4,
  api: 8,
  upkeep: 2,
};
const STATEMENT_TIMEOUT_MS = 30_000;
// A caller of the ingest waits no longer than this, and is then told to come back.
const INGEST_TIMEOUT_MS = 5_000;
// A network that swallows everything answers no statement_timeout either: the client has a deadline of its own.
const ANSWER_MARGIN_MS = 1_000;
const LOCK_TIMEOUT_MS = 2_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface PoolOptions {
  /** False: statements go without a name, for a pooler that hands each transaction another connection. */
  readonly preparedStatements?: boolean;
}

/** Opens all pools; `onError` hears of idle connections that broke (they are replaced by themselves). */
export function openPools(
  connectionString: string,
  onError: (error: Error) => void,
  { preparedStatements = true }: PoolOptions = {},
): Pools {
  const open = (room: keyof Pools): pg.Pool => {
    const timeoutMs = room === 'ingest' ? INGEST_TIMEOUT_MS : STATEMENT_TIMEOUT_MS;
    const pool = new pg.Pool({
      connectionString,
      ...(preparedStatements ? {} : { Client: UnnamedClient }),
      max: SIZES[room],
      application_name: `kapsel-${room}`,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + ANSWER_MARGIN_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    });
    // Without a listener an idle connection that PostgreSQL ends (57P01) would end the process.
    pool.on('error', onError);
    // The same holds for one that is in use: whoever uses it hears through its next query, which fails.
    pool.on('connect', (client) => client.on('error', () => {}));
    return pool;
  };
  return {
    ingest: open('ingest'),
    worker: open('worker'),
    sequencer: open('sequencer'),
    api: open('api'),
    upkeep: open('upkeep'),
  };
}

export async function closePools(pools: Pools): Promise<void> {
  await Promise.all(Object.values(pools).map((pool: pg.Pool) => pool.end()));
}

/** Takes the name off each statement: it is then parsed and planned for its one transaction. */
class UnnamedClient extends pg.Client {
  constructor(options?: pg.ClientConfig) {
    super(options);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const unnamed = (...[first, ...rest]: unknown[]): unknown => query(withoutName(first), ...rest);
    this.query = unnamed as typeof this.query;
  }
}

function withoutName(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('name' in statement))
    return statement;
  const { name: _, ...unnamed } = statement;
  return unnamed;
}
