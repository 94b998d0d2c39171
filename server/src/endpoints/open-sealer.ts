/** The sealer of a server: its own secret key and others that it accepts, held against what its database has. @module */
import type { Pool } from 'pg';
import { ConfigError } from '../base/config.ts';
import { createSealer, type Sealer } from '../base/seal.ts';
import { findKeyIdsAcrossTenants } from './sealed-store.ts';

/** Throws a ConfigError when secrets in the database are not this server's to open. */
export async function openSealer(
  pool: Pool,
  secretKey: Uint8Array,
  otherKeys: readonly Uint8Array[] = [],
): Promise<Sealer> {
  const sealer = createSealer(secretKey, otherKeys);
  const keyIds = await findKeyIdsAcrossTenants(pool);
  if (keyIds.every((keyId) => sealer.hasKey(keyId))) return sealer;
  throw new ConfigError([
    'the secret key does not open the secrets in the database: all its servers need the same key, and after a change of it the older one in KAPSEL_OTHER_SECRET_KEYS',
  ]);
}
