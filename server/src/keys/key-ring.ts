/** Finds the signer of a log and proves at start that it is the right one and signs right. @module */
import { bytesFromHex, equalBytes, keyIdFromPublicKey, verifyEd25519 } from '@kapsel/verification';
import type { Pool } from 'pg';
import { lockSetup } from '../db/setup-lock.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import { hasKeyFile, KeyFileError, makeKeyFile, openFileSigner } from './file-signer.ts';
import type { Signer } from './signer.ts';
import { insertAttestationKey, listAttestationKeys } from './store.ts';

const PROBE = new TextEncoder().encode('kapsel.probe/v1\n'); // neither a head nor a note nor a key statement

/**
 * Opens the signer of `log`. A log without a key gets one (the file is made when it is missing);
 * a log that has a key insists on exactly that key, since a head by another key would not verify
 * for anybody who pinned the first.
 */
export async function openLogSigner(
  pool: Pool,
  log: Log,
  keyFile: string,
  nowMs: number,
): Promise<Signer> {
  return inTransaction(pool, async (db) => {
    await lockSetup(db);
    const current = (await listAttestationKeys(db, log.id)).find(
      (key) => key.validUntilMs === null,
    );
    if (current === undefined && !(await hasKeyFile(keyFile))) await makeKeyFile(keyFile);
    if (current !== undefined && !(await hasKeyFile(keyFile))) {
      throw new KeyFileError(
        `${keyFile} is missing, but the log ${log.origin} already signs with a key: restore that file, or set KAPSEL_SIGNING_KEY_FILE`,
      );
    }
    const signer = await openFileSigner(keyFile);
    if (current !== undefined && !equalBytes(current.publicKey, signer.publicKey)) {
      throw new KeyFileError(`${keyFile} is not the key that the log ${log.origin} signs with`);
    }
    await assertSignsRight(signer);
    if (current === undefined) {
      const keyId = bytesFromHex(keyIdFromPublicKey(signer.publicKey));
      await insertAttestationKey(db, log.id, {
        keyId,
        publicKey: signer.publicKey,
        provider: signer.provider,
        validFromMs: nowMs,
      });
    }
    return signer;
  });
}

async function assertSignsRight(signer: Signer): Promise<void> {
  if (!verifyEd25519(await signer.sign(PROBE), PROBE, signer.publicKey)) {
    throw new KeyFileError('the signing key does not make signatures that verify');
  }
}
