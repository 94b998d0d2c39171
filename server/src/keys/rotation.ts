/** Rotation: the rules of how a log changes its key, without the database and without the tree. Proof format, keys and rotation. @module */
import { equalBytes, parseKeyLeaf } from '@kapsel/verification';
import type { Signer } from './signer.ts';
import { type SignedStatement, signRevocation, signRotation } from './statement.ts';
import type { StoredStatement } from './statement-store.ts';
import type { AttestationKey } from './store.ts';

/** What the database says about the keys of a log that bears on a rotation. */
export interface KeySituation {
  readonly active: AttestationKey | null;
  readonly announced: AttestationKey | null;
  readonly statements: readonly StoredStatement[];
}

/**
 * What is still to be said. A planned rotation says one thing, "the next key is …"; an emergency says also "do not
 * believe the one before", and may say it of a rotation that was begun as a planned one.
 */
export interface Announcement {
  readonly needsRotation: boolean;
  readonly needsRevocation: boolean;
}

/** Null when all is said already and the rotation only has to be finished. Throws when the log has no key at all. */
export function planAnnouncement(
  { active, announced }: KeySituation,
  isEmergency: boolean,
): Announcement | null {
  if (active === null && announced === null) throw new Error('the log has no key to change');
  // Without an active key an emergency is under way: its revocation was written together with that.
  if (active === null) return null;
  if (announced !== null && !isEmergency) return null;
  return { needsRotation: announced === null, needsRevocation: isEmergency };
}

/** True when nothing was begun, finished or changed between two looks. */
export function isSameSituation(a: KeySituation, b: KeySituation): boolean {
  return isSameKey(a.active, b.active) && isSameKey(a.announced, b.announced);
}

/** True when the key that was active at the first look has a successor that is active by now. */
export function isReplaced(first: KeySituation, now: KeySituation): boolean {
  return first.active !== null && now.active !== null && !isSameKey(first.active, now.active);
}

/** True when the active key is the one that a rotation named as the next after `publicKey`. */
export function isSuccessor({ active, statements }: KeySituation, publicKey: Uint8Array): boolean {
  if (active === null) return false;
  const named = statements.find(
    ({ action, keyId }) => action === 'rotate' && equalBytes(keyId, active.keyId),
  );
  const previous = named === undefined ? null : parseKeyLeaf(named.leafData).previousPublicKey;
  return previous !== null && equalBytes(previous, publicKey);
}

function isSameKey(a: AttestationKey | null, b: AttestationKey | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a.keyId, b.keyId);
}

/**
 * From when on the next key signs. Verifiers want each rotation later than the one before, and no head of the new key
 * earlier. A planned rotation can simply say "now": one more head of the old key follows, and each head is later than the
 * one before. In an emergency none follows, and the next one may be signed by a process whose clock is behind: the new
 * key is then good from right after the last head.
 */
export function rotationTimeMs(
  situation: KeySituation,
  isEmergency: boolean,
  newestHeadMs: number | null,
  nowMs: number,
): number {
  const earlier = situation.statements
    .filter(({ action }) => action === 'rotate')
    .map(({ validFromMs }) => validFromMs + 1);
  const wanted = isEmergency ? Math.min(nowMs, (newestHeadMs ?? nowMs) + 1) : nowMs;
  return Math.max(wanted, ...earlier);
}

/** Signs what an announcement needs, in the order in which it enters the tree. */
export async function signAnnouncement(
  origin: string,
  announcement: Announcement,
  keys: { readonly active: Signer; readonly next: Signer },
  times: { readonly validFromMs: number; readonly stolenAtMs: number | null },
): Promise<SignedStatement[]> {
  const statements: SignedStatement[] = [];
  if (announcement.needsRotation) {
    statements.push(await signRotation(origin, keys.active, keys.next, times.validFromMs));
  }
  if (announcement.needsRevocation && times.stolenAtMs !== null) {
    const { publicKey } = keys.active;
    // By the successor: it is the one key of the two that the thief does not have.
    statements.push(await signRevocation(origin, publicKey, keys.next, times.stolenAtMs));
  }
  return statements;
}
