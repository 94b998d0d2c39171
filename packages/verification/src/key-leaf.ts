/** Key statements: their exact text becomes a typed leaf, and the two texts that were signed are cut out of it. Proof format, `kapsel.key/v1`. @module */
import { utf8FromString } from './bytes.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './ed25519.ts';
import type { JsonValue } from './json.ts';
import { orNull, readLeafText, readTime, refusedMember } from './leaf-text.ts';
import { Members } from './members.ts';
import { isOrigin, ORIGIN_RULE } from './origin.ts';

const KEY_TYPE = 'kapsel.key/v1';
const KEY_MEMBERS: readonly string[] = [
  'type',
  'log',
  'action',
  'endpoint_id',
  'public_key',
  'previous_public_key',
  'valid_from',
  'possession',
  'signature',
];
// What the statements are signed over begins with these lines: neither a head nor a checkpoint does.
const STATEMENT_PREFIX = 'kapsel.key/v1\n';
const POSSESSION_PREFIX = 'kapsel.key-possession/v1\n';

/**
 * `rotate`: the log has a new key. `revoke`: a key of the log is not to be believed from `validFrom` on. The others
 * are keys of another use, which sign no heads: of the sender of requests, and of a destination's receipts.
 */
export type KeyAction = 'rotate' | 'revoke' | 'delivery-key' | 'endpoint-key';

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

function readKey(value: JsonValue, text: string): KeyLeaf {
  const members = Members.openInOrder(value, '', KEY_MEMBERS);
  const leaf: Omit<KeyLeaf, 'statementMessage' | 'possessionMessage'> = {
    type: KEY_TYPE,
    log: members.stringThat('log', isOrigin, ORIGIN_RULE),
    action: readAction(members),
    endpointId: orNull(members, 'endpoint_id', (name) => members.uuid(name)),
    publicKey: members.hex('public_key', PUBLIC_KEY_BYTES),
    previousPublicKey: orNull(members, 'previous_public_key', (name) =>
      members.hex(name, PUBLIC_KEY_BYTES),
    ),
    validFrom: members.string('valid_from'),
    validFromMs: readTime(members, 'valid_from'),
    possession: orNull(members, 'possession', (name) => members.hex(name, SIGNATURE_BYTES)),
    signature: orNull(members, 'signature', (name) => members.hex(name, SIGNATURE_BYTES)),
  };
  assertFitsAction(members, leaf.action);
  return { ...leaf, ...messagesOfText(text) };
}

function readAction(members: Members): KeyAction {
  const action = members.string('action');
  switch (action) {
    case 'rotate':
    case 'revoke':
    case 'delivery-key':
    case 'endpoint-key':
      return action;
    default: {
      const expected = 'rotate, revoke, delivery-key or endpoint-key';
      throw refusedMember(members, 'action', expected, 'another string');
    }
  }
}

type Presence = 'value' | 'null' | 'either';

// Which members an action has. A signature without its key, or the other way round, is refused for all.
const PRESENCE: Readonly<Record<KeyAction, Readonly<Record<string, Presence>>>> = {
  rotate: { endpoint_id: 'null', previous_public_key: 'value', possession: 'value' },
  revoke: { endpoint_id: 'either', previous_public_key: 'value', possession: 'null' },
  'delivery-key': { endpoint_id: 'null', previous_public_key: 'value', possession: 'value' },
  'endpoint-key': { endpoint_id: 'value', previous_public_key: 'either', possession: 'value' },
};

function assertFitsAction(members: Members, action: KeyAction): void {
  for (const [name, presence] of Object.entries(PRESENCE[action])) {
    assertPresence(members, name, presence, action);
  }
  const isSigned = members.isNull('previous_public_key') ? 'null' : 'value';
  assertPresence(members, 'signature', isSigned, 'this previous_public_key');
}

function assertPresence(members: Members, name: string, presence: Presence, why: string): void {
  const found: Presence = members.isNull(name) ? 'null' : 'value';
  if (presence === 'either' || presence === found) return;
  const kind = { value: 'a value', null: 'null' } as const;
  throw refusedMember(members, name, `${kind[presence]} for ${why}`, kind[found]);
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
