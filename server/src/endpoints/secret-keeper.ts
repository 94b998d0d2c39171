/** STORY: secrets in the database are sealed again after the server's key has changed, and every endpoint has some to sign with. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { Sealer } from '../base/seal.ts';
import { inTransaction } from '../db/transaction.ts';
import { placeOfIdentity } from './client-identity.ts';
import { placeOfCustomHeaders } from './credentials-store.ts';
import {
  lockStaleAcrossTenants,
  putSealedAcrossTenants,
  SEALED_TABLES,
  type SealedRow,
  type SealedTable,
} from './sealed-store.ts';
import { placeOfSecret } from './signature-store.ts';
import { makePair, placeOfPair } from './signing-pair.ts';
import { findWithoutPairAcrossTenants, insertPair } from './signing-store.ts';

/** Other servers may go on with the older key for a while: what they seal is found at the next pass. */
const INTERVAL_MS = 600_000;
const CHUNK = 100;
const LEAST_ID = '00000000-0000-0000-0000-000000000000';

export interface SecretKeeperDeps {
  readonly pool: Pool;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** How many secrets a pass has sealed again, when there were any; then no older key is needed for them. */
  readonly onSealedAgain: (count: number) => void;
  /** How many endpoints were given their first pair. */
  readonly onPaired: (count: number) => void;
  readonly onError: (error: unknown) => void;
}

/** At once, and then every ten minutes. */
export function startSecretKeeper(deps: SecretKeeperDeps): { stop(): Promise<void> } {
  const { clock, onError } = deps;
  return new Loop({
    clock,
    step: async () => {
      const again = await sealAgain(deps);
      if (again > 0) deps.onSealedAgain(again);
      const paired = await pairAll(deps);
      if (paired > 0) deps.onPaired(paired);
      return INTERVAL_MS;
    },
    onError,
  });
}

/** Seals everything again that another key has sealed; answers how many rows. Rows that do not open stay as they are. */
export async function sealAgain({
  pool,
  sealer,
  onError,
}: Pick<SecretKeeperDeps, 'pool' | 'sealer' | 'onError'>): Promise<number> {
  let count = 0;
  for (const table of SEALED_TABLES) {
    for (let afterId: string | null = LEAST_ID; afterId !== null; ) {
      const from: string = afterId;
      // The rows are locked from reading to writing: what a tenant writes meanwhile comes before or after.
      const rows: readonly SealedRow[] = await inTransaction(pool, async (db) => {
        const stale = await lockStaleAcrossTenants(db, table, from, sealer.currentKeyId, CHUNK);
        for (const row of stale) {
          const fresh = sealedRow(row, table, sealer, onError);
          if (fresh === null) continue;
          await putSealedAcrossTenants(db, table, fresh);
          count += 1;
        }
        return stale;
      });
      afterId = rows.length < CHUNK ? null : (rows.at(-1)?.rowId ?? null);
    }
  }
  return count;
}

function sealedRow(
  row: SealedRow,
  table: SealedTable,
  sealer: Sealer,
  onError: (error: unknown) => void,
): SealedRow | null {
  try {
    const sealed = row.sealed.map((each, i) => {
      const place = placeOf(table, row, i);
      return each === null ? null : sealer.seal(sealer.open(each, place), place);
    });
    return { ...row, sealed };
  } catch (error) {
    // One that does not open must not keep the others from it.
    onError(error);
    return null;
  }
}

function placeOf(table: SealedTable, { endpointId }: SealedRow, column: number): string {
  switch (table) {
    case 'signatures':
      return placeOfSecret(endpointId);
    case 'credentials':
      return column === 0 ? placeOfCustomHeaders(endpointId) : placeOfIdentity(endpointId);
    case 'pairs':
      return placeOfPair(endpointId);
  }
}

/** Gives a pair to each endpoint that has none; answers to how many. */
export async function pairAll({
  pool,
  sealer,
  clock,
}: Pick<SecretKeeperDeps, 'pool' | 'sealer' | 'clock'>): Promise<number> {
  let count = 0;
  for (;;) {
    const found = await findWithoutPairAcrossTenants(pool, CHUNK);
    for (const { id: endpointId, tenantId } of found) {
      const pair = makePair();
      const createdAtMs = clock.nowMs();
      // Another server may have been faster.
      if (await insertPair(pool, tenantId, sealer, { endpointId, pair, createdAtMs })) count += 1;
    }
    if (found.length < CHUNK) return count;
  }
}
