/** Destinations of all endpoints, whosever they are: for what looks at an installation as a whole. @module */
import type { Db } from '../db/transaction.ts';

const LIST_URLS = `
  SELECT url FROM endpoints
   WHERE deleted_at IS NULL AND disabled_at IS NULL
   ORDER BY id
   LIMIT $1`;

/** URLs that deliveries go to, up to `limit`. They are tenants' data: to be counted, not shown. */
export async function listDestinationsAcrossTenants(db: Db, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ url: string }>(LIST_URLS, [limit]);
  return rows.map(({ url }) => url);
}
