/** Changes rows behind the server's back, as whoever owns the database could, and puts them back. @module */
import type { Pool, PoolClient } from 'pg';

const TABLES = [
  'logs',
  'merkle_leaves',
  'merkle_tiles',
  'signed_tree_heads',
  'attestation_keys',
  'key_statements',
  'cosignatures',
  'delivery_attempts',
  'webhook_events',
  'event_payloads',
  'pending_leaves',
] as const;

/** Runs `sql` with triggers and foreign keys switched off. Answers how to undo it, for all tables that an audit reads. */
export async function tamper(
  pool: Pool,
  sql: string,
  values: readonly unknown[],
): Promise<() => Promise<void>> {
  const table = TABLES.find((each) =>
    new RegExp(`^(?:UPDATE|DELETE FROM|INSERT INTO) ${each}\\b`).test(sql),
  );
  if (table === undefined) throw new Error(`tamper with what? ${sql}`);
  const kept = `kept_${Math.random().toString(36).slice(2)}`;
  await unguarded(pool, async (client) => {
    await client.query(`CREATE TABLE ${kept} AS SELECT * FROM ${table}`);
    const { rowCount } = await client.query(sql, [...values]);
    if (rowCount === 0) throw new Error(`nothing was changed: ${sql}`);
  });
  return () =>
    unguarded(pool, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT string_agg(quote_ident(column_name), ', ') AS name FROM information_schema.columns
          WHERE table_name = $1 AND is_generated = 'NEVER'`,
        [table],
      );
      const columns = rows[0]?.name ?? '';
      await client.query(`DELETE FROM ${table}`);
      await client.query(
        `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${kept}`,
      );
      await client.query(`DROP TABLE ${kept}`);
    });
}

async function unguarded(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query("SET LOCAL session_replication_role = 'replica'");
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
