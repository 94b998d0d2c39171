/** What PostgreSQL tells of its own state, as far as it bears on us: dead rows, old snapshots, replicas behind. @module */
import { integerFromRow } from '../base/rows.ts';
import type { Db } from './transaction.ts';

export interface Vitals {
  readonly queueDeadTuples: number;
  /** In transactions. Of sessions as far as whoever migrated may see them, and of slots and prepared transactions. */
  readonly oldestXminAge: number;
  readonly replicationLagSeconds: number;
}

// A function of the owner: our own role would not be shown the snapshots of others.
const READ_VITALS = 'SELECT dead_tuples, xmin_age, replication_lag FROM database_vitals()';

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
