/** STORY: a log of its own for one tenant, with its origin and its key, in one transaction. @module */
import { isOrigin } from '@kapsel/verification';
import type { Pool } from 'pg';
import { newId, type TenantId } from '../base/ids.ts';
import { violatedConstraint } from '../db/errors.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import { insertLog } from '../logs/store.ts';
import { giveFirstKey } from './key-ring.ts';
import type { Signer } from './signer.ts';

/** Why a log cannot be made; the message is for the operator. */
export class LogRefusedError extends Error {}

export interface NewLog {
  readonly tenantId: TenantId;
  readonly name: string;
  readonly origin: string;
  readonly isPublic: boolean;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/; // also a CHECK of the table

// What a violated constraint of the tables means for who asked.
const TAKEN: Readonly<Record<string, string>> = {
  logs_tenant_id_fkey: 'there is no such tenant',
  logs_tenant_id_key: 'the tenant has a log already',
  logs_origin_key: 'a log has this origin already',
  logs_name_key: 'a log has this name already',
  attestation_keys_pkey: 'the key was used before: every log has its own',
};

/** Its leaves are those of the tenant from now on; what stands in the shared log stays there. Throws LogRefusedError. */
export async function createTenantLog(
  pool: Pool,
  wish: NewLog,
  nextSigner: () => Promise<Signer>,
  nowMs: number,
): Promise<{ log: Log; signer: Signer }> {
  assertNames(wish);
  // A crash or a refusal after this line leaves a key file that nothing names: it may be deleted.
  const signer = await nextSigner();
  const log: Log = { id: newId<'log'>(nowMs), ...wish };
  try {
    await inTransaction(pool, async (db) => {
      await insertLog(db, log);
      // A log without a key would take leaves that nobody can sign.
      await giveFirstKey(db, log, signer, nowMs);
    });
  } catch (cause) {
    const why = TAKEN[violatedConstraint(cause) ?? ''];
    if (why === undefined) throw cause;
    throw new LogRefusedError(why, { cause });
  }
  return { log, signer };
}

function assertNames({ name, origin }: NewLog): void {
  if (!NAME.test(name)) {
    throw new LogRefusedError('a name has 1 to 63 lower-case letters, digits and hyphens');
  }
  if (!isOrigin(origin)) {
    throw new LogRefusedError(
      'an origin has 1 to 255 printable ASCII characters without space, "+" and quotes',
    );
  }
}
