/** Connection pools, one per room that talks to the database, so that none can starve another. @module */
import pg from 'pg';
import type { DatabaseConfig } from '../base/database-settings.ts';
import { TENANT_ROLE } from './tenant-db.ts';

export interface Pools {
  /** Accepts events. */
  readonly ingest: pg.Pool;
  /** Claims and settles deliveries. */
  readonly worker: pg.Pool;
  /** Sequences leaves and stores heads. */
  readonly sequencer: pg.Pool;
  /** Answers tenants: never asked directly, only through a `TenantDb`. */
  readonly api: pg.Pool;
  /** Answers what is public, heads and proofs, and finds out who calls. */
  readonly reader: pg.Pool;
  /** Audits and exports: nobody waits for it. */
  readonly upkeep: pg.Pool;
}

const SIZES: Readonly<Record<keyof Pools, number>> = {
  ingest: 4,
  worker: 4,
  sequencer: 4,
  api: 8,
  reader: 8,
  upkeep: 2,
};

/** The role of each room in the database: what it may touch (migration 0045), and whether it sees several tenants. */
export const ROOM_ROLES: Readonly<Record<keyof Pools, string>> = {
  ingest: 'kapsel_ingest',
  worker: 'kapsel_worker',
  sequencer: 'kapsel_sequencer',
  api: TENANT_ROLE,
  reader: 'kapsel_reader',
  upkeep: 'kapsel_worker',
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
  /**
   * True: each connection takes the role of its room when it is made, at no cost. A pooler in transaction mode does not
   * keep that apart for its clients: then the rooms act as the user of the URL, and tenants' transactions alone take
   * their role, as they always do (`TenantDb`).
   */
  readonly takesRoles?: boolean;
  /** For connecting and for each statement, in place of what rooms have. */
  readonly timeoutMs?: number;
}

/** What the settings say of the pools. Whoever names a direct way to the database has a pooler on the other one. */
export function poolOptions(
  config: Pick<DatabaseConfig, 'preparedStatements' | 'databaseRoles' | 'databaseUrlDirect'>,
): Required<Omit<PoolOptions, 'timeoutMs'>> {
  const { preparedStatements, databaseRoles, databaseUrlDirect } = config;
  const roles = databaseRoles ?? (databaseUrlDirect === null ? 'connect' : 'transaction');
  return { preparedStatements, takesRoles: roles === 'connect' };
}

/** Opens all pools; `onError` hears of idle connections that broke (they are replaced by themselves). */
export function openPools(
  connectionString: string,
  onError: (error: Error) => void,
  { preparedStatements = true, takesRoles = false, ...options }: PoolOptions = {},
): Pools {
  const open = (room: keyof Pools): pg.Pool => {
    const roomMs = room === 'ingest' ? INGEST_TIMEOUT_MS : STATEMENT_TIMEOUT_MS;
    const timeoutMs = options.timeoutMs ?? roomMs;
    const pool = new pg.Pool({
      ...(takesRoles ? withRole(connectionString, ROOM_ROLES[room]) : { connectionString }),
      ...(preparedStatements ? {} : { Client: UnnamedClient }),
      max: SIZES[room],
      application_name: `kapsel-${room}`,
      connectionTimeoutMillis: options.timeoutMs ?? CONNECT_TIMEOUT_MS,
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
    reader: open('reader'),
    upkeep: open('upkeep'),
  };
}

export async function closePools(pools: Pools): Promise<void> {
  await Promise.all(Object.values(pools).map((pool: pg.Pool) => pool.end()));
}

// A startup option: set before the first statement, and what RESET ROLE goes back to. One in the URL would win over ours.
function withRole(
  connectionString: string,
  role: string,
): { readonly connectionString: string; readonly options?: string } {
  const given = /([?&]options=)([^&]*)/;
  if (!given.test(connectionString)) return { connectionString, options: `-c role=${role}` };
  const joined = connectionString.replace(
    given,
    (_match, name: string, options: string) =>
      `${name}${options}${encodeURIComponent(` -c role=${role}`)}`,
  );
  return { connectionString: joined };
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
