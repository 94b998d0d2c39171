/** A pool that fails at a chosen statement, as a crash or a lost connection would make it fail. @module */
import type { Pool, PoolClient, QueryConfig } from 'pg';

/**
 * - `before`: the statement is not sent.
 * - `after`: it is executed, and its answer is lost.
 * - `killed`: PostgreSQL ends the session before it; nothing more can be said on it, not even ROLLBACK.
 * - `mute`: from here on nothing is sent, ROLLBACK included, although the session lives on.
 */
export type Fault = 'before' | 'after' | 'killed' | 'mute';

export interface FaultyPool {
  readonly pool: Pool;
  /** What was sent until now, without ROLLBACK. */
  readonly statements: readonly string[];
  /** True once the fault has happened. */
  readonly struck: () => boolean;
}

/** Sees each statement before it is sent, may wait, and answers the parameters to send. */
export type Watch = (
  text: string,
  values: unknown[] | undefined,
) => unknown[] | undefined | Promise<unknown[] | undefined>;

/** Fails at statement number `at` (from 0) of all transactions that run through it. */
export function failAt(
  real: Pool,
  at: number,
  fault: Fault,
  watch: Watch = (_text, values) => values,
): FaultyPool {
  const statements: string[] = [];
  let struck = false;

  const query = async (client: PoolClient, text: string, values?: unknown[]): Promise<unknown> => {
    if (struck && fault === 'mute') throw new Error('mute');
    if (text === 'ROLLBACK') return client.query(text);
    const isHere = statements.length === at;
    statements.push(text);
    if (!isHere) return client.query(text, await watch(text, values));
    struck = true;
    if (fault === 'before' || fault === 'mute') throw new Error('struck before the statement');
    if (fault === 'killed') await killSession(real, client);
    const result = await client.query(text, values);
    if (fault === 'after') throw new Error('struck after the statement');
    return result;
  };

  const connect = async (): Promise<PoolClient> => {
    const client = await real.connect();
    return new Proxy(client, {
      get(target, key) {
        if (key === 'query') {
          return (asked: string | QueryConfig, values?: unknown[]) => {
            const plain = plainQuery(asked, values);
            return query(client, plain.text, plain.values);
          };
        }
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { pool: { connect } as unknown as Pool, statements, struck: () => struck };
}

/** A prepared statement is sent as any other here: what it says may be changed, and its name stands for its text. */
function plainQuery(
  asked: string | QueryConfig,
  values?: unknown[],
): { text: string; values: unknown[] | undefined } {
  return typeof asked === 'string' ? { text: asked, values } : { values: [], ...asked };
}

/** Ends the session of `client` and waits until PostgreSQL has rolled it back. */
async function killSession(real: Pool, client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await real.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  let isThere = true;
  while (isThere) {
    const left = await real.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [rows[0]?.pid]);
    isThere = left.rowCount !== 0;
  }
}

/** A pool that strikes nothing, for a test that watches or holds up what is sent. */
export function watched(real: Pool, watch: Watch): Pool {
  return failAt(real, Number.POSITIVE_INFINITY, 'before', watch).pool;
}

/** A pool that sends other statements than it is told, as a program with a mistake in it would. */
export function rewritten(real: Pool, rewrite: (text: string) => string): Pool {
  const connect = async (): Promise<PoolClient> => {
    const client = await real.connect();
    return new Proxy(client, {
      get(target, key) {
        if (key === 'query') {
          return (asked: string | QueryConfig, values?: unknown[]) => {
            const plain = plainQuery(asked, values);
            return client.query(rewrite(plain.text), plain.values);
          };
        }
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { connect } as unknown as Pool;
}
