/** Proof packages: untrusted text becomes a typed package, or a code and the member's name. Proof format `kapsel.proof/v1`. @module */

import { VerificationError } from './errors.ts';
import { HASH_BYTES } from './hash.ts';
import type { JsonValue } from './json.ts';
import { parseJson, textFromInput } from './json.ts';
import type { Reader } from './members.ts';
import {
  base64,
  hex,
  integer,
  isJsonObject,
  list,
  object,
  oneOf,
  optional,
  text,
  uuid,
} from './members.ts';
import type { TreeHead } from './tree-head.ts';
import { readTreeHead } from './tree-head.ts';

export const PROOF_FORMAT = 'kapsel.proof/v1';
export const MAX_PACKAGE_BYTES = 1_048_576;
const MAX_PATH_HASHES = 63; // the deepest tree that has a size
export const MAX_KEY_STATEMENTS = 64;
const MAX_ANCHORS = 8; // a small proof may ask for 64 MiB of hashing
const MAX_HEADERS = 2_016; // to the next known block: at most one period
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
  readonly format: typeof PROOF_FORMAT;
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
  return readPackage(value);
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

const hashList: Reader<readonly Uint8Array[]> = /* @__PURE__ */ list(
  MAX_PATH_HASHES,
  hex(HASH_BYTES),
);

const readInclusionProof: Reader<InclusionProof> = /* @__PURE__ */ object({
  leafHash: hex(HASH_BYTES),
  leafIndex: integer(0),
  treeSize: integer(0),
  proofHashes: hashList,
  rootHash: hex(HASH_BYTES),
});

const readLoggedLeaf: Reader<LoggedLeaf> = /* @__PURE__ */ object({
  leafData: text,
  inclusionProof: optional(readInclusionProof, null),
});

const readAnchor: Reader<Anchor> = /* @__PURE__ */ object({
  type: oneOf(['opentimestamps']),
  proof: base64,
  headers: optional(list(MAX_HEADERS, hex(BITCOIN_HEADER_BYTES)), []),
});

const readReceipt: Reader<PackageReceipt> = /* @__PURE__ */ object({
  receiptData: text,
  key: optional(readLoggedLeaf, null),
  late: optional(readLoggedLeaf, null),
});

const readField: Reader<Disclosure & { type: 'field' }> = /* @__PURE__ */ object({
  type: oneOf(['field'], ['field', 'range']),
  field: text,
  index: integer(0),
  path: hashList,
});

// The members of a range disclosure belong to the package that checks range proofs.
function readDisclosure(value: JsonValue): Disclosure {
  const isRange = isJsonObject(value) && value.get('type') === 'range';
  return isRange ? { type: 'range' } : readField(value);
}

const readPackage: Reader<ProofPackage> = /* @__PURE__ */ object({
  format: oneOf([PROOF_FORMAT]),
  deliveryAttemptId: uuid,
  leafData: text,
  leafHash: hex(HASH_BYTES),
  inclusionProof: readInclusionProof,
  signedTreeHead: readTreeHead,
  keyChain: optional(list(MAX_KEY_STATEMENTS, readLoggedLeaf), []),
  anchors: optional(list(MAX_ANCHORS, readAnchor), []),
  receipt: optional(readReceipt, null),
  disclosures: optional(list(MAX_DISCLOSURES, readDisclosure), []),
});
