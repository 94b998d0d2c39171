/** Writes key statements: the exact text of a `kapsel.key/v1` leaf, by which a log's key names or revokes another. Proof format, keys and rotation. @module */
import {
  hexFromBytes,
  leafHash,
  parseKeyLeaf,
  utf8FromString,
  verifyEd25519,
} from '@kapsel/verification';
import { timeFromMs } from '../base/clock.ts';
import { KeyError, type Signer } from './signer.ts';

/** A statement that is signed. Its text is never written again, only carried. */
export interface SignedStatement {
  readonly action: 'rotate' | 'revoke';
  /** The new key, or the revoked one. */
  readonly publicKey: Uint8Array;
  readonly validFromMs: number;
  readonly data: string;
  readonly hash: Uint8Array;
}

// The texts that are signed begin with these lines: neither a head nor a checkpoint does.
const STATEMENT_PREFIX = 'kapsel.key/v1\n';
const POSSESSION_PREFIX = 'kapsel.key-possession/v1\n';

/** "From `validFromMs` on, `next` signs": said by the key that signed until then, and by `next` itself. */
export async function signRotation(
  origin: string,
  previous: Signer,
  next: Signer,
  validFromMs: number,
): Promise<SignedStatement> {
  const open = openText(origin, 'rotate', next.publicKey, previous.publicKey, validFromMs);
  const possession = await signHex(next, `${POSSESSION_PREFIX}${open}}`);
  return finish('rotate', next.publicKey, validFromMs, `${open},"possession":"${possession}"`, {
    signer: previous,
  });
}

/**
 * "Do not believe `revoked` from `validFromMs` on", said by a key beside it in the chain. The member
 * `previous_public_key` names who signs, which is the successor where a stolen key is revoked.
 */
export async function signRevocation(
  origin: string,
  revoked: Uint8Array,
  signer: Signer,
  validFromMs: number,
): Promise<SignedStatement> {
  const open = openText(origin, 'revoke', revoked, signer.publicKey, validFromMs);
  return finish('revoke', revoked, validFromMs, `${open},"possession":null`, { signer });
}

// The order of the members is the format's; both signatures come last, so that what they cover is a cut of the text.
function openText(
  log: string,
  action: 'rotate' | 'revoke',
  publicKey: Uint8Array,
  signedBy: Uint8Array,
  validFromMs: number,
): string {
  const members = {
    type: 'kapsel.key/v1',
    log,
    action,
    endpoint_id: null,
    public_key: hexFromBytes(publicKey),
    previous_public_key: hexFromBytes(signedBy),
    valid_from: timeFromMs(validFromMs),
  };
  return JSON.stringify(members).slice(0, -1);
}

async function finish(
  action: 'rotate' | 'revoke',
  publicKey: Uint8Array,
  validFromMs: number,
  open: string,
  { signer }: { signer: Signer },
): Promise<SignedStatement> {
  const signature = await signHex(signer, `${STATEMENT_PREFIX}${open}}`);
  const data = `${open},"signature":"${signature}"}`;
  assertReads(data, signer.publicKey);
  return { action, publicKey, validFromMs, data, hash: leafHash(utf8FromString(data)) };
}

async function signHex(signer: Signer, message: string): Promise<string> {
  return hexFromBytes(await signer.sign(utf8FromString(message)));
}

// Signers are not trusted. A statement that no verifier takes would end the chain of the log for ever.
function assertReads(data: string, signedBy: Uint8Array): void {
  const leaf = parseKeyLeaf(data);
  const isSigned =
    leaf.signature !== null && verifyEd25519(leaf.signature, leaf.statementMessage, signedBy);
  const isPossessed =
    leaf.action === 'revoke' ||
    (leaf.possession !== null &&
      verifyEd25519(leaf.possession, leaf.possessionMessage, leaf.publicKey));
  if (!isSigned || !isPossessed) {
    throw new KeyError('a signer answered a signature that does not verify');
  }
}
