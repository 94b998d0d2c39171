/** Everything in the database that is sealed: under which keys, and sealed again under another. @module */
import type { EndpointId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

// version 1 | key id 8 | …: see base/seal.ts
const FIND_KEY_IDS = `
  SELECT DISTINCT substring(sealed FROM 2 FOR 8) AS key_id
    FROM (SELECT unnest(secrets) FROM endpoint_signatures
          UNION ALL SELECT custom_headers FROM endpoint_credentials
          UNION ALL SELECT client_identity FROM endpoint_credentials
          UNION ALL SELECT secrets FROM endpoint_signing_secrets) AS all_of_them (sealed)
   WHERE sealed IS NOT NULL`;

/** The ids of all keys under which something is sealed. */
export async function findKeyIdsAcrossTenants(db: Db): Promise<Buffer[]> {
  const { rows } = await db.query<{ key_id: Buffer }>(FIND_KEY_IDS);
  return rows.map((row) => row.key_id);
}

/** The sealed secrets of one row, and what each is sealed for. */
export interface SealedRow {
  readonly rowId: string;
  readonly endpointId: EndpointId;
  readonly sealed: readonly (Buffer | null)[];
}

/** The tables that hold sealed secrets. */
export const SEALED_TABLES = ['signatures', 'credentials', 'pairs'] as const;
export type SealedTable = (typeof SEALED_TABLES)[number];

const LOCK_STALE_SIGNATURES = `
  SELECT endpoint_id AS row_id, endpoint_id, secrets AS sealed
    FROM endpoint_signatures
   WHERE endpoint_id > $1
     AND EXISTS (SELECT 1 FROM unnest(secrets) AS secret WHERE substring(secret FROM 2 FOR 8) <> $2)
   ORDER BY endpoint_id
   LIMIT $3
     FOR UPDATE`;

const PUT_SIGNATURES = `
  UPDATE endpoint_signatures SET secrets = $2 WHERE endpoint_id = $1`;

const LOCK_STALE_CREDENTIALS = `
  SELECT endpoint_id AS row_id, endpoint_id, ARRAY[custom_headers, client_identity] AS sealed
    FROM endpoint_credentials
   WHERE endpoint_id > $1
     AND (substring(custom_headers FROM 2 FOR 8) <> $2 OR substring(client_identity FROM 2 FOR 8) <> $2)
   ORDER BY endpoint_id
   LIMIT $3
     FOR UPDATE`;

const PUT_CREDENTIALS = `
  UPDATE endpoint_credentials SET custom_headers = $2, client_identity = $3 WHERE endpoint_id = $1`;

const LOCK_STALE_PAIRS = `
  SELECT id AS row_id, endpoint_id, ARRAY[secrets] AS sealed
    FROM endpoint_signing_secrets
   WHERE id > $1 AND substring(secrets FROM 2 FOR 8) <> $2
   ORDER BY id
   LIMIT $3
     FOR UPDATE`;

const PUT_PAIR = `
  UPDATE endpoint_signing_secrets SET secrets = $2 WHERE id = $1`;

/** Up to `limit` rows after `afterId` of which something is sealed under another key than `keyId`, locked. */
export async function lockStaleAcrossTenants(
  db: Db,
  table: SealedTable,
  afterId: string,
  keyId: Uint8Array,
  limit: number,
): Promise<SealedRow[]> {
  const values = [afterId, keyId, limit];
  switch (table) {
    case 'signatures':
      return (await db.query<StaleRow>(LOCK_STALE_SIGNATURES, values)).rows.map(sealedFromRow);
    case 'credentials':
      return (await db.query<StaleRow>(LOCK_STALE_CREDENTIALS, values)).rows.map(sealedFromRow);
    case 'pairs':
      return (await db.query<StaleRow>(LOCK_STALE_PAIRS, values)).rows.map(sealedFromRow);
  }
}

/** Writes a row that was locked, in the same transaction. */
export async function putSealedAcrossTenants(
  db: Db,
  table: SealedTable,
  { rowId, sealed }: SealedRow,
): Promise<void> {
  switch (table) {
    case 'signatures':
      await db.query(PUT_SIGNATURES, [rowId, sealed]);
      return;
    case 'credentials':
      await db.query(PUT_CREDENTIALS, [rowId, sealed[0], sealed[1]]);
      return;
    case 'pairs':
      await db.query(PUT_PAIR, [rowId, sealed[0]]);
  }
}

interface StaleRow {
  row_id: string;
  endpoint_id: EndpointId;
  sealed: (Buffer | null)[];
}

function sealedFromRow(row: StaleRow): SealedRow {
  return { rowId: row.row_id, endpointId: row.endpoint_id, sealed: row.sealed };
}
