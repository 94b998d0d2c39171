/** Transactions: one connection, one unit of work, rolled back when anything throws. @module */
import type { PoolClient } from 'pg';

/** What a store takes as its first argument: a pool for a single statement, a client inside a transaction. */
export type Db = Pick<PoolClient, 'query'>;

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'REPEATABLE READ READ ONLY';

/** Where transactions are begun: a pool, or what one tenant may see of it (`TenantDb`). */
export interface TransactionSource {
  connect(): Promise<PoolClient>;
  /** Further statements that travel with BEGIN, in the same message. */
  readonly opening?: string;
}

/** Runs `work` in one transaction. A failed ROLLBACK closes the connection, so no half-open state returns to the pool. */
export async function inTransaction<T>(
  source: TransactionSource,
  work: (db: Db) => Promise<T>,
  isolation: Isolation = 'READ COMMITTED',
): Promise<T> {
  const client = await source.connect();
  let broken: Error | undefined;
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}${source.opening ?? ''}`);
    const result = await work(client);
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers COMMIT with ROLLBACK when a statement had failed and nobody passed it on.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
    return result;
  } catch (error) {
    try {
      await client.query('ROLLBACK');
    } catch (rollbackError) {
      broken = rollbackError instanceof Error ? rollbackError : new Error('rollback failed');
    }
    throw error;
  } finally {
    client.release(broken);
  }
}
