/** The bodies of events, for the tenant whose events they are. @module */
import type { EventId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

const FIND_PAYLOAD = `
  SELECT p.body
    FROM webhook_events w
    JOIN event_payloads p ON p.event_id = w.id
   WHERE w.tenant_id = $1 AND w.id = $2`;

/** The bytes as they came in, or null when they are no longer kept. */
export async function findPayload(
  db: Db,
  tenantId: TenantId,
  eventId: EventId,
): Promise<Buffer | null> {
  const { rows } = await db.query<{ body: Buffer }>(FIND_PAYLOAD, [tenantId, eventId]);
  return rows[0]?.body ?? null;
}
