/** The database as one tenant may see it: each transaction says whose rows there are, and PostgreSQL shows no others. @module */
import type { Pool, PoolClient } from 'pg';
import { isUuid, type TenantId } from '../base/ids.ts';
import type { Reads } from './reads.ts';
import { type Db, inTransaction, type TransactionSource } from './transaction.ts';

/** The role that is held to one tenant by row level security: migration 0045. */
export const TENANT_ROLE = 'kapsel_api';

/**
 * What the stories of a tenant's requests are given in place of a pool. Role and tenant hold for the transaction alone:
 * the connection goes back to its pool without them, also behind PgBouncer in transaction mode. They travel with BEGIN,
 * so that a transaction is no round trip longer; a single statement is one of its own.
 */
export class TenantDb implements Db, TransactionSource {
  readonly opening: string;
  readonly query: Db['query'];
  readonly #pool: Pool;

  constructor(pool: Pool, tenantId: TenantId) {
    // It becomes part of a statement.
    if (!isUuid(tenantId)) throw new TypeError('"tenantId" expected a UUID');
    this.#pool = pool;
    this.opening = `; SET LOCAL ROLE ${TENANT_ROLE}; SELECT set_config('app.tenant_id', '${tenantId}', true)`;
    const query = (...statement: unknown[]): Promise<unknown> =>
      inTransaction(this, (db) => Reflect.apply(db.query, db, statement) as Promise<unknown>);
    this.query = query as Db['query'];
  }

  connect(): Promise<PoolClient> {
    return this.#pool.connect();
  }
}

/** Reads of one tenant that may be a moment old. */
export type ReadForTenant = (tenantId: TenantId) => Reads<TenantDb>;

/** How the routes come by it. */
export type ForTenant = (tenantId: TenantId) => TenantDb;
