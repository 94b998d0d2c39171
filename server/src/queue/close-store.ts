/** The end of what a deleted endpoint leaves behind: its waiting events fail, and are not delivered any more. @module */
import type { EndpointId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

// A delivery under way is settled by whoever sends it, with its leaf; if it is to be tried again, it comes here then.
// The queue's row before the event's: the order in which settlements take them.
const CLOSE_DELETED = `
  WITH deleted AS MATERIALIZED (
    SELECT id, deleted_at FROM endpoints WHERE closing ORDER BY id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED
  ), waiting AS MATERIALIZED (
    SELECT event_id
      FROM delivery_queue
     WHERE endpoint_id IN (SELECT id FROM deleted) AND inflight_attempt_id IS NULL
     LIMIT $1
       FOR UPDATE SKIP LOCKED
  ), taken AS (
    DELETE FROM delivery_queue q USING waiting w WHERE q.event_id = w.event_id RETURNING q.event_id
  ), held AS MATERIALIZED (
    SELECT id
      FROM webhook_events
     WHERE endpoint_id IN (SELECT id FROM deleted) AND held
     LIMIT $1
       FOR NO KEY UPDATE SKIP LOCKED
  ), failed AS (
    UPDATE webhook_events
       SET status = 'failed', failure_reason = 'endpoint_deleted', held = false
     WHERE id IN (SELECT event_id FROM taken UNION SELECT id FROM held)
    RETURNING 1
  )
  SELECT d.id, (SELECT count(*)::int FROM failed) AS failed,
         d.deleted_at > now() - interval '1 minute'
           OR EXISTS (SELECT 1 FROM delivery_queue q WHERE q.endpoint_id = d.id) AS may_come
    FROM deleted d`;

const END_CLOSING = `
  UPDATE endpoints SET closing = false WHERE id = ANY($1::uuid[])`;

/**
 * Fails at most `limit` queued and as many held events of deleted endpoints; answers how many. An endpoint is done
 * with when nothing is left of it, a minute after it was deleted: so long may a server still accept events for it.
 * Call inside a transaction.
 */
export async function closeDeletedAcrossTenants(db: Db, limit: number): Promise<number> {
  const { rows } = await db.query<{ id: EndpointId; failed: number; may_come: boolean }>(
    CLOSE_DELETED,
    [limit],
  );
  const failed = rows[0]?.failed ?? 0;
  const done = rows.filter((row) => !row.may_come).map(({ id }) => id);
  if (failed === 0 && done.length > 0) await db.query(END_CLOSING, [done]);
  return failed;
}
