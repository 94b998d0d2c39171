/** Whether the second wall stands: each room acts in its role, and a tenant's transactions are held to that tenant. @module */
import type { TenantId } from '../base/ids.ts';
import { isRoleRefused, isStartupRefused } from './errors.ts';
import { type Pools, ROOM_ROLES } from './pools.ts';
import { TENANT_ROLE, TenantDb } from './tenant-db.ts';
import type { Db } from './transaction.ts';

const READ_ROLE = `
  SELECT current_user AS role, row_security_active('webhook_events') AS is_held
    FROM pg_roles
   WHERE rolname = current_user AND NOT rolsuper AND NOT rolbypassrls`;

const NOBODY = '00000000-0000-0000-0000-000000000000' as TenantId;
const POOLER = 'behind a pooler in transaction mode set KAPSEL_DATABASE_ROLES=transaction';

/** What is wrong, for the operator; empty when all is well. `takesRoles` as the pools were opened. */
export async function findWallFaults(pools: Pools, takesRoles: boolean): Promise<string[]> {
  const rooms = takesRoles ? (Object.keys(ROOM_ROLES) as (keyof Pools)[]) : [];
  const places = new Map<string, Db>(rooms.map((room) => [ROOM_ROLES[room], pools[room]]));
  const faults = await Promise.all([...places].map(([role, db]) => findFault(db, role)));
  // Connections may be whoever they are: what counts is the transaction.
  if (!takesRoles) faults.push(await findFault(new TenantDb(pools.api, NOBODY), TENANT_ROLE));
  return faults.filter((fault) => fault !== null);
}

async function findFault(db: Db, wanted: string): Promise<string | null> {
  try {
    const { rows } = await db.query<{ role: string; is_held: boolean }>(READ_ROLE);
    if (rows[0]?.role !== wanted) return `connections do not act as ${wanted}: ${POOLER}`;
    return rows[0].is_held ? null : `row level security does not hold the role ${wanted}`;
  } catch (error) {
    if (isRoleRefused(error)) {
      return `the login may not act as ${wanted}: have an administrator run GRANT ${wanted} TO its name`;
    }
    if (isStartupRefused(error)) return `the role ${wanted} is refused at the start: ${POOLER}`;
    throw error;
  }
}
