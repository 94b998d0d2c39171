/** What PostgreSQL tells of its own state, as far as it bears on us: dead rows, old snapshots, replicas behind. @module */
import { integerFromRow } from '../base/rows.ts';
import type { Db } from './transaction.ts';

export interface Vitals {
  readonly queueDeadTuples: number;
  /** In transactions. Of sessions as far as our role may see them, and of slots and prepared transactions. */
  readonly oldestXminAge: number;
  readonly replicationLagSeconds: number;
}

// Our own snapshot is left out: it is the youngest, and would say "1" on an idle server.
const READ_VITALS = `
  SELECT coalesce((SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'delivery_queue'::regclass), 0) AS dead_tuples,
         greatest((SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()),
                  (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots),
                  (SELECT max(age(transaction)) FROM pg_prepared_xacts),
                  0) AS xmin_age,
         coalesce((SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication), 0)::float8 AS replication_lag`;

export async function readVitals(db: Db): Promise<Vitals> {
  const { rows } = await db.query<{
    dead_tuples: string;
    xmin_age: number;
    replication_lag: number;
  }>(READ_VITALS);
  const row = rows[0];
  if (row === undefined) throw new Error('a SELECT of values answered no row');
  return {
    queueDeadTuples: integerFromRow(row.dead_tuples),
    oldestXminAge: row.xmin_age,
    replicationLagSeconds: row.replication_lag,
  };
}
