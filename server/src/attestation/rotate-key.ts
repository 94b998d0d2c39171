/** STORY: a log changes its key, planned or because the old one was stolen; begun once, resumed until it is done. Proof format, keys and rotation. @module */
import { bytesFromHex, equalBytes, keyIdFromPublicKey } from '@kapsel/verification';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { KeyPlaces } from '../keys/key-places.ts';
import { demandSigner } from '../keys/key-ring.ts';
import {
  isReplaced,
  isSameSituation,
  isSuccessor,
  type KeySituation,
  planAnnouncement,
  rotationTimeMs,
  signAnnouncement,
} from '../keys/rotation.ts';
import type { Signer } from '../keys/signer.ts';
import { type SignedStatement, signRevocation } from '../keys/statement.ts';
import { insertKeyStatement, listKeyStatements } from '../keys/statement-store.ts';
import {
  activateKey,
  endActiveKey,
  findKeyInState,
  insertAttestationKey,
  revokeRetiredKey,
} from '../keys/store.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState } from '../logs/store.ts';
import { findNewestHead } from './head-store.ts';
import { insertPendingLeavesAcrossTenants } from './pending-store.ts';
import { sequence } from './sequence.ts';
import { type SignHeadDeps, signHead } from './sign-head.ts';
import type { TreeHead } from './tree-head.ts';

export interface RotateDeps extends Omit<SignHeadDeps, 'pace'> {
  readonly places: KeyPlaces;
}

export interface RotationWish {
  /** The next key: made, or taken from where the operator put it. Asked only when none is announced. */
  readonly nextSigner: () => Promise<Signer>;
  /** The presumed time of a theft; null for a planned rotation. */
  readonly stolenAtMs: number | null;
}

export interface Rotation {
  /** The key that signs now. */
  readonly publicKey: Uint8Array;
  /** False when a rotation that somebody had begun was finished. */
  readonly isNew: boolean;
  /** The first head under the new key, unless another process signs it. */
  readonly firstHead: TreeHead | null;
}

const STEP_DEADLINE_MS = 60_000;
const WAIT_MS = 20;
/** About a second; any server signs the first head of the new key at its next tick. */
const FIRST_HEAD_TRIES = 50;
const AT_ONCE = { growingMs: 0, idleMs: 0 };

/**
 * Changes the key of `log`. Old and new key never both sign: the switch happens under the row lock under which every
 * head is inserted, and a planned one only after the old key signed a head that holds the statement. May run in any
 * number of processes at once, beside servers that sequence and sign: all of them finish the same rotation.
 */
export async function rotateKey(deps: RotateDeps, log: Log, wish: RotationWish): Promise<Rotation> {
  const { next, isNew } = await announce(deps, log, wish);
  // A crash here or anywhere before the switch: the statements wait as leaves or stand in the tree, and the key is
  // announced. The old key signs on, or after a theft nothing signs. Running the command again goes on from here.
  do {
    await placeStatements(deps, log);
    await awaitLastHead(deps, log);
  } while (!(await switchKeys(deps, log, next)));
  // A crash here: the rotation is done, and any server signs the next head under the new key.
  return { publicKey: next.publicKey, isNew, firstHead: await signFirstHead(deps, log, next) };
}

/** Says, signed and durably, which key comes next. In an emergency the old key is switched off in the same commit. */
async function announce(
  deps: RotateDeps,
  log: Log,
  wish: RotationWish,
): Promise<{ next: Signer; isNew: boolean }> {
  const { pool, clock, places } = deps;
  const isEmergency = wish.stolenAtMs !== null;
  const first = await situationOf(pool, log);
  let made: Signer | null = null;
  for (let seen = first; ; seen = await situationOf(pool, log)) {
    if (isReplaced(first, seen)) return finishedMeanwhile(deps, log, first, seen, wish.stolenAtMs);
    const plan = planAnnouncement(seen, isEmergency);
    const announced =
      seen.announced === null ? null : await demandSigner(places, log, seen.announced.publicKey);
    if (plan === null && announced !== null) return { next: announced, isNew: false };
    if (plan === null || seen.active === null) throw new Error('the log has no key to change');
    const active = await demandSigner(places, log, seen.active.publicKey);
    // A crash after this line leaves a key file that nothing names: it may be deleted.
    made ??= announced ?? (await wish.nextSigner());
    const next = announced ?? made;
    const newest = await findNewestHead(pool, log.id);
    const nowMs = clock.nowMs();
    // Signing may take long, and comes before the transaction.
    const statements = await signAnnouncement(
      log.origin,
      plan,
      { active, next },
      {
        validFromMs: rotationTimeMs(seen, isEmergency, newest?.timestampMs ?? null, nowMs),
        stolenAtMs: wish.stolenAtMs,
      },
    );
    if (await commitAnnouncement(deps, log, seen, next, statements, wish.stolenAtMs)) {
      return { next, isNew: plan.needsRotation };
    }
    // Somebody else announced meanwhile: look again, and go on with theirs.
  }
}

/**
 * Whoever asked meant the key that signed then. To rotate the next one as well would surprise, and to revoke it would be
 * wrong: a theft is that of the old key, which the next one can revoke as well now as before.
 */
async function finishedMeanwhile(
  deps: RotateDeps,
  log: Log,
  first: KeySituation,
  seen: KeySituation,
  stolenAtMs: number | null,
): Promise<{ next: Signer; isNew: boolean }> {
  if (first.active === null || seen.active === null) throw new Error('the log has no key');
  const { keyId, publicKey } = first.active;
  const next = await demandSigner(deps.places, log, seen.active.publicKey);
  if (stolenAtMs === null) return { next, isNew: false };
  const revocation = await signRevocation(log.origin, publicKey, next, stolenAtMs);
  const isWritten = await inTransaction(deps.pool, async (db) => {
    await getTreeState(db, log.id, true);
    const now = await situationOf(db, log);
    // Verifiers hear the keys beside the revoked one alone.
    if (!isSameSituation(seen, now) || !isSuccessor(now, publicKey)) return false;
    await revokeRetiredKey(db, log.id, keyId, stolenAtMs);
    await insertStatement(db, log, revocation);
    return true;
  });
  if (isWritten) return { next, isNew: false };
  throw new Error('the key was changed meanwhile, and nothing was revoked: look at "keys list"');
}

/** False when the situation is no longer the one that the statements speak of; nothing is written then. */
async function commitAnnouncement(
  { pool }: RotateDeps,
  log: Log,
  seen: KeySituation,
  next: Signer,
  statements: readonly SignedStatement[],
  stolenAtMs: number | null,
): Promise<boolean> {
  return inTransaction(pool, async (db) => {
    const { haltedReason } = await getTreeState(db, log.id, true);
    if (haltedReason !== null) throw new Error(`the log ${log.origin} is halted: ${haltedReason}`);
    if (!isSameSituation(seen, await situationOf(db, log))) return false;
    const rotation = statements.find(({ action }) => action === 'rotate');
    if (rotation !== undefined) {
      await insertAttestationKey(db, log.id, {
        keyId: bytesFromHex(keyIdFromPublicKey(next.publicKey)),
        publicKey: next.publicKey,
        provider: next.provider,
        validFromMs: rotation.validFromMs,
        state: 'announced',
      });
    }
    if (stolenAtMs !== null) await endActiveKey(db, log.id, 'revoked', stolenAtMs);
    for (const statement of statements) await insertStatement(db, log, statement);
    return true;
  });
}

/** The statement is kept, and waits for its place in the tree. The caller holds the log's row. */
export async function insertStatement(db: Db, log: Log, statement: SignedStatement): Promise<void> {
  await insertKeyStatement(db, log.id, statement);
  await insertPendingLeavesAcrossTenants(db, [
    { logId: log.id, tenantId: log.tenantId, deliveryAttemptId: null, leaf: statement },
  ]);
}

async function situationOf(db: Db, log: Log): Promise<KeySituation> {
  return {
    active: await findKeyInState(db, log.id, 'active'),
    announced: await findKeyInState(db, log.id, 'announced'),
    statements: await listKeyStatements(db, log.id),
  };
}

/** Until each statement has its place in the tree, whoever sequences it. */
async function placeStatements(deps: RotateDeps, log: Log): Promise<void> {
  const { pool } = deps;
  await until(deps, 'the key statement did not get its place in the log', async () => {
    const statements = await listKeyStatements(pool, log.id);
    const isPlaced = statements.every(({ leafIndex }) => leafIndex !== null);
    if (!isPlaced) await sequence(pool, log);
    return isPlaced;
  });
}

/** Until the old key has signed a head over the statement. In an emergency there is no old key to wait for. */
async function awaitLastHead(deps: RotateDeps, log: Log): Promise<void> {
  const { pool } = deps;
  await until(deps, 'the old key did not sign a head over the key statement', async () => {
    const isDue = !(await isCovered(pool, log));
    // Null when another process was faster, or alone holds the old key: the next look shows its head.
    if (isDue) await signHead({ ...deps, pace: AT_ONCE }, log);
    return !isDue;
  });
}

// A head as late as the statement: the first head of the new key is later still, whatever clock its signer has.
async function isCovered(db: Db, log: Log): Promise<boolean> {
  const { active, announced, statements } = await situationOf(db, log);
  if (active === null || announced === null) return true;
  const rotation = statements.find(
    ({ action, keyId }) => action === 'rotate' && equalBytes(keyId, announced.keyId),
  );
  const newest = await findNewestHead(db, log.id);
  if (rotation === undefined || rotation.leafIndex === null || newest === null) return false;
  return newest.treeSize > rotation.leafIndex && newest.timestampMs >= rotation.validFromMs;
}

/** The old key out and the new key in, in one commit. False when a revocation came in between and must be placed first. */
async function switchKeys({ pool, clock }: RotateDeps, log: Log, next: Signer): Promise<boolean> {
  return inTransaction(pool, async (db) => {
    // Every head is inserted under this lock by the key that is active then.
    await getTreeState(db, log.id, true);
    const { active, announced, statements } = await situationOf(db, log);
    if (announced === null || !equalBytes(announced.publicKey, next.publicKey)) return true; // finished by another
    if (statements.some(({ leafIndex }) => leafIndex === null)) return false;
    if (!(await isCovered(db, log))) return false;
    const newest = await findNewestHead(db, log.id);
    const fromMs = newest === null ? clock.nowMs() : newest.timestampMs + 1;
    if (active !== null) await endActiveKey(db, log.id, 'retired', fromMs);
    await activateKey(db, log.id, announced.keyId, fromMs);
    return true;
  });
}

async function signFirstHead(
  deps: RotateDeps,
  log: Log,
  { publicKey }: Signer,
): Promise<TreeHead | null> {
  try {
    for (let tries = 0; tries < FIRST_HEAD_TRIES; tries++) {
      const head = await signHead({ ...deps, pace: AT_ONCE }, log);
      if (head !== null) return head;
      // Somebody was at it: with the new key, or with a last head of the old one, which is given up.
      const newest = await findNewestHead(deps.pool, log.id);
      if (newest !== null && equalBytes(newest.publicKey, publicKey)) return null;
      await deps.clock.sleep(WAIT_MS);
    }
  } catch {
    // The rotation is done and must not look undone: whoever then ran it again would begin another.
  }
  return null;
}

async function until(
  { clock }: RotateDeps,
  failure: string,
  isDone: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + STEP_DEADLINE_MS;
  while (!(await isDone())) {
    if (clock.monotonicMs() >= deadlineMs) {
      throw new Error(`${failure}: nothing is lost, run the command again`);
    }
    await clock.sleep(WAIT_MS);
  }
}
