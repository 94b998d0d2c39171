/** What a PostgreSQL tells of itself to whoever looks at it once: version, role, clock, room. @module */
import { integerFromRow } from '../base/rows.ts';
import type { Db } from './transaction.ts';

export interface ServerFacts {
  /** As PostgreSQL writes it, such as `16.3`. */
  readonly version: string;
  /** Such as 160003. */
  readonly versionNumber: number;
  readonly isStandby: boolean;
  /** New transactions of this role may not write. */
  readonly isReadOnly: boolean;
  readonly nowMs: number;
  /** Whom we logged in as. */
  readonly role: string;
  /** Row level security does not bind such a role. */
  readonly passesRowSecurity: boolean;
  readonly mayCreateTables: boolean;
  readonly sizeBytes: number;
  readonly sessions: number;
  readonly maxSessions: number;
  /** Sessions in which servers claim deliveries: none means that no server runs on this database. */
  readonly workerSessions: number;
}

// Of whoever logged in: a pool may act in a role that may less.
const READ_FACTS = `
  SELECT current_setting('server_version') AS version,
         current_setting('server_version_num')::int AS version_number,
         pg_is_in_recovery() AS is_standby,
         current_setting('transaction_read_only')::boolean AS is_read_only,
         extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms,
         session_user::text AS role,
         (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user) AS passes_row_security,
         coalesce(has_schema_privilege(session_user, current_schema(), 'CREATE'), false) AS may_create,
         pg_database_size(current_database()) AS size_bytes,
         (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS sessions,
         current_setting('max_connections')::int AS max_sessions,
         (SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'kapsel-worker')::int AS worker_sessions`;

export async function readServerFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await db.query<{
    version: string;
    version_number: number;
    is_standby: boolean;
    is_read_only: boolean;
    now_ms: number;
    role: string;
    passes_row_security: boolean;
    may_create: boolean;
    size_bytes: string;
    sessions: number;
    max_sessions: number;
    worker_sessions: number;
  }>(READ_FACTS);
  const row = rows[0];
  if (row === undefined) throw new Error('a SELECT of values answered no row');
  return {
    version: row.version,
    versionNumber: row.version_number,
    isStandby: row.is_standby,
    isReadOnly: row.is_read_only,
    nowMs: row.now_ms,
    role: row.role,
    passesRowSecurity: row.passes_row_security,
    mayCreateTables: row.may_create,
    sizeBytes: integerFromRow(row.size_bytes),
    sessions: row.sessions,
    maxSessions: row.max_sessions,
    workerSessions: row.worker_sessions,
  };
}

const LIST_UNREADABLE = `
  SELECT c.relname::text AS name
    FROM pg_class c
   WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND NOT has_table_privilege(session_user, c.oid, 'SELECT')
   ORDER BY c.relname`;

/** Tables of the schema that whoever logged in may not even read. */
export async function listUnreadableTables(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(LIST_UNREADABLE);
  return rows.map(({ name }) => name);
}
