/** Proof packages: untrusted text becomes a typed package, or a code and the member's name. Proof format `kapsel.proof/v1`. @module */

import { VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import type { JsonValue } from './json.ts';
import { parseJson, textFromInput } from './json.ts';
import { isJsonObject, Members } from './members.ts';
import type { TreeHead } from './tree-head.ts';
import { readTreeHead } from './tree-head.ts';

export const PROOF_FORMAT = 'kapsel.proof/v1';
export const MAX_PACKAGE_BYTES = 1_048_576;
const MAX_PATH_HASHES = 63; // the deepest tree that has a size
export const MAX_KEY_STATEMENTS = 64;
const MAX_ANCHORS = 64;
const MAX_HEADERS = 64;
const MAX_DISCLOSURES = 4_096; // as many as a payload may have fields
const BITCOIN_HEADER_BYTES = 80;
const MAX_FORMAT_SHOWN = 64;

/** Where the leaf stands in its tree, and the hashes that lead to the root. */
export interface InclusionProof {
  readonly leafHash: Uint8Array;
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly proofHashes: readonly Uint8Array[];
  readonly rootHash: Uint8Array;
}

/** Another leaf of the log, with or without the path that shows it there. */
export interface LoggedLeaf {
  readonly leafData: string;
  readonly inclusionProof: InclusionProof | null;
}

/** Evidence that a head existed before a Bitcoin block. */
export interface Anchor {
  readonly type: 'opentimestamps';
  /** The `.ots` file. */
  readonly proof: Uint8Array;
  /** 80-byte Bitcoin block headers. They come with the file and are believed no more than it. */
  readonly headers: readonly Uint8Array[];
}

/** What the destination signed, and where its key and a late receipt stand in the log. RFC 9421. */
export interface PackageReceipt {
  readonly receiptData: string;
  readonly key: LoggedLeaf | null;
  readonly late: LoggedLeaf | null;
}

/** A field of the payload that the holder shows, or a proof about a number in it. */
export type Disclosure =
  | {
      readonly type: 'field';
      readonly field: string;
      readonly index: number;
      readonly path: readonly Uint8Array[];
    }
  | { readonly type: 'range' };

/** A package whose form is right. Nothing in it is verified. */
export interface ProofPackage {
  readonly deliveryAttemptId: string;
  /** The exact text of the leaf: hash it before reading it. */
  readonly leafData: string;
  readonly leafHash: Uint8Array;
  readonly inclusionProof: InclusionProof;
  readonly signedTreeHead: TreeHead;
  readonly keyChain: readonly LoggedLeaf[];
  readonly anchors: readonly Anchor[];
  readonly receipt: PackageReceipt | null;
  readonly disclosures: readonly Disclosure[];
}

/**
 * Reads a package from a string or from the bytes of a file. Throws `VerificationError` with one of the malformed
 * codes; an unknown `format` is `E_VERSION`, whatever else the file holds.
 * @example parseProofPackage(await readFile('proof.kapsel.json')).leafData
 */
export function parseProofPackage(input: string | Uint8Array): ProofPackage {
  return readProofPackage(parseJson(textFromInput(input, MAX_PACKAGE_BYTES, 'package')));
}

/** The same for a JSON value that has been read already. */
export function readProofPackage(value: JsonValue): ProofPackage {
  assertFormat(value);
  const members = Members.open(value, '', {
    required: [
      'format',
      'delivery_attempt_id',
      'leaf_data',
      'leaf_hash',
      'inclusion_proof',
      'signed_tree_head',
    ],
    optional: ['key_chain', 'anchors', 'receipt', 'disclosures'],
  });
  return {
    deliveryAttemptId: members.uuid('delivery_attempt_id'),
    leafData: members.string('leaf_data'),
    leafHash: members.hex('leaf_hash', HASH_BYTES),
    inclusionProof: readInclusionProof(members.value('inclusion_proof'), 'inclusion_proof'),
    signedTreeHead: readTreeHead(members.value('signed_tree_head'), 'signed_tree_head'),
    keyChain: readList(members, 'key_chain', MAX_KEY_STATEMENTS, readLoggedLeaf),
    anchors: readList(members, 'anchors', MAX_ANCHORS, readAnchor),
    receipt: members.has('receipt') ? readReceipt(members.value('receipt')) : null,
    disclosures: readList(members, 'disclosures', MAX_DISCLOSURES, readDisclosure),
  };
}

// Before all other members: a file of a later format has members this program does not know, and may be fine.
function assertFormat(value: JsonValue): void {
  const format = isJsonObject(value) ? value.get('format') : undefined;
  if (format === undefined || format === PROOF_FORMAT) return; // no object or no member: refused as such
  const isText = typeof format === 'string';
  throw new VerificationError(isText ? 'E_VERSION' : 'E_FIELD', {
    field: 'format',
    expected: PROOF_FORMAT,
    actual: isText ? format.slice(0, MAX_FORMAT_SHOWN) : 'no string',
  });
}

function readInclusionProof(value: JsonValue, path: string): InclusionProof {
  const members = Members.open(value, path, {
    required: ['leaf_hash', 'leaf_index', 'tree_size', 'proof_hashes', 'root_hash'],
  });
  return {
    leafHash: members.hex('leaf_hash', HASH_BYTES),
    leafIndex: members.integer('leaf_index', 0),
    treeSize: members.integer('tree_size', 0),
    proofHashes: members.hexList('proof_hashes', HASH_BYTES, MAX_PATH_HASHES),
    rootHash: members.hex('root_hash', HASH_BYTES),
  };
}

function readLoggedLeaf(value: JsonValue, path: string): LoggedLeaf {
  const members = Members.open(value, path, {
    required: ['leaf_data'],
    optional: ['inclusion_proof'],
  });
  return {
    leafData: members.string('leaf_data'),
    inclusionProof: members.has('inclusion_proof')
      ? readInclusionProof(members.value('inclusion_proof'), members.pathOf('inclusion_proof'))
      : null,
  };
}

function readAnchor(value: JsonValue, path: string): Anchor {
  const members = Members.open(value, path, {
    required: ['type', 'proof'],
    optional: ['headers'],
  });
  members.stringThat('type', (type) => type === 'opentimestamps', '"opentimestamps"');
  return {
    type: 'opentimestamps',
    proof: members.base64('proof'),
    headers: members.has('headers')
      ? members.hexList('headers', BITCOIN_HEADER_BYTES, MAX_HEADERS)
      : [],
  };
}

function readReceipt(value: JsonValue): PackageReceipt {
  const members = Members.open(value, 'receipt', {
    required: ['receipt_data'],
    optional: ['key', 'late'],
  });
  const optionalLeaf = (name: string): LoggedLeaf | null =>
    members.has(name) ? readLoggedLeaf(members.value(name), members.pathOf(name)) : null;
  return {
    receiptData: members.string('receipt_data'),
    key: optionalLeaf('key'),
    late: optionalLeaf('late'),
  };
}

function readDisclosure(value: JsonValue, path: string): Disclosure {
  // The members of a range disclosure belong to the package that checks range proofs.
  if (isJsonObject(value) && value.get('type') === 'range') return { type: 'range' };
  const members = Members.open(value, path, { required: ['type', 'field', 'index', 'path'] });
  members.stringThat('type', (type) => type === 'field', '"field" or "range"');
  return {
    type: 'field',
    field: members.string('field'),
    index: members.integer('index', 0),
    path: members.hexList('path', HASH_BYTES, MAX_PATH_HASHES),
  };
}

function readList<Item>(
  members: Members,
  name: string,
  maxCount: number,
  read: (value: JsonValue, path: string) => Item,
): readonly Item[] {
  if (!members.has(name)) return [];
  return members.list(name, maxCount).map((item, i) => read(item, `${members.pathOf(name)}[${i}]`));
}
