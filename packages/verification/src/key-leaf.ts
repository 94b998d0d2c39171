/** Key statements: their exact text becomes a typed leaf, and the two texts that were signed are cut out of it. Proof format, `kapsel.key/v1`. @module */
import { utf8FromString } from './bytes.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './ed25519.ts';
import { VerificationError } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { readLeafText, time } from './leaf-text.ts';
import type { Reader } from './members.ts';
import { hex, objectInOrder, oneOf, origin, orNull, uuid } from './members.ts';

const KEY_TYPE = 'kapsel.key/v1';
// What the statements are signed over begins with these lines: neither a head nor a checkpoint does.
const STATEMENT_PREFIX = 'kapsel.key/v1\n';
const POSSESSION_PREFIX = 'kapsel.key-possession/v1\n';

const ACTIONS = ['rotate', 'revoke', 'delivery-key', 'endpoint-key'] as const;

/**
 * `rotate`: the log has a new key. `revoke`: a key of the log is not to be believed from `validFrom` on. The others
 * are keys of another use, which sign no heads: of the sender of requests, and of a destination's receipts.
 */
export type KeyAction = (typeof ACTIONS)[number];

/** What the log says about one key. Nothing of it is verified by reading. */
export interface KeyLeaf {
  readonly type: typeof KEY_TYPE;
  readonly log: string;
  readonly action: KeyAction;
  readonly endpointId: string | null;
  /** The new key, or the revoked one. */
  readonly publicKey: Uint8Array;
  /** The key that made `signature`; null only for the first key of an endpoint. */
  readonly previousPublicKey: Uint8Array | null;
  readonly validFrom: string;
  readonly validFromMs: number;
  /** The new key's own signature over `possessionMessage`; null for a revocation alone. */
  readonly possession: Uint8Array | null;
  readonly signature: Uint8Array | null;
  /** The bytes under `signature`: a prefix, and the text without that member. */
  readonly statementMessage: Uint8Array;
  /** The bytes under `possession`: another prefix, and the text without both signatures. */
  readonly possessionMessage: Uint8Array;
}

/**
 * Reads the exact text of a key statement. Throws `E_TOO_LARGE`, `E_VERSION` or `E_LEAF_TEXT`, as for every leaf.
 * @example parseKeyLeaf(proofPackage.keyChain[0].leafData).validFrom
 */
export function parseKeyLeaf(text: string): KeyLeaf {
  return readLeafText(text, KEY_TYPE, (value) => readKey(value, text));
}

type KeyMembers = Omit<KeyLeaf, 'validFromMs' | 'statementMessage' | 'possessionMessage'>;

const readMembers: Reader<KeyMembers> = /* @__PURE__ */ objectInOrder({
  type: oneOf([KEY_TYPE]),
  log: origin,
  action: oneOf(ACTIONS),
  endpointId: orNull(uuid),
  publicKey: hex(PUBLIC_KEY_BYTES),
  previousPublicKey: orNull(hex(PUBLIC_KEY_BYTES)),
  validFrom: time,
  possession: orNull(hex(SIGNATURE_BYTES)),
  signature: orNull(hex(SIGNATURE_BYTES)),
});

function readKey(value: JsonValue, text: string): KeyLeaf {
  const leaf = readMembers(value);
  assertFitsAction(value as JsonObject, leaf.action);
  return { ...leaf, validFromMs: Date.parse(leaf.validFrom), ...messagesOfText(text) };
}

type Presence = 'value' | 'null' | 'either';

// Which members an action has. A signature without its key, or the other way round, is refused for all.
const PRESENCE: Readonly<Record<KeyAction, Readonly<Record<string, Presence>>>> = {
  rotate: { endpoint_id: 'null', previous_public_key: 'value', possession: 'value' },
  revoke: { endpoint_id: 'either', previous_public_key: 'value', possession: 'null' },
  'delivery-key': { endpoint_id: 'null', previous_public_key: 'value', possession: 'value' },
  'endpoint-key': { endpoint_id: 'value', previous_public_key: 'either', possession: 'value' },
};

function assertFitsAction(members: JsonObject, action: KeyAction): void {
  for (const [name, presence] of Object.entries(PRESENCE[action])) {
    assertPresence(members, name, presence, action);
  }
  const isSigned = members.get('previous_public_key') === null ? 'null' : 'value';
  assertPresence(members, 'signature', isSigned, 'this previous_public_key');
}

function assertPresence(members: JsonObject, name: string, presence: Presence, why: string): void {
  const found: Presence = members.get(name) === null ? 'null' : 'value';
  if (presence === 'either' || presence === found) return;
  const kind = { value: 'a value', null: 'null' } as const;
  throw new VerificationError('E_LEAF_TEXT', {
    field: name,
    expected: `${kind[presence]} for ${why}`,
    actual: kind[found],
  });
}

/**
 * Both signatures are the last members of the text, so that what was signed is a cut of it: writing the object again
 * would verify another text than the one that is hashed.
 */
function messagesOfText(text: string): Pick<KeyLeaf, 'statementMessage' | 'possessionMessage'> {
  const statement = withoutLast(text, 'signature');
  const possession = withoutLast(statement, 'possession');
  return {
    statementMessage: utf8FromString(STATEMENT_PREFIX + statement),
    possessionMessage: utf8FromString(POSSESSION_PREFIX + possession),
  };
}

// The member is known to be the last one, and its value is hex or null: its name cannot occur again behind it.
function withoutLast(text: string, name: string): string {
  return `${text.slice(0, text.lastIndexOf(`,"${name}":`))}}`;
}
