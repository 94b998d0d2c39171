/** Makes proof packages for tests from node:crypto and the reference tree, sharing no code with what is tested. @module */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { referenceLeafHash, referencePath, referenceRoot } from './reference-tree.ts';

/** A value to be written as JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };
export type JsonRecord = { [name: string]: Json };

export interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export const ORIGIN = 'log.kapsel.example/t1';
export const HEAD_TIME_MS = Date.parse('2026-01-15T10:30:45.000Z');
export const NOW_MS = HEAD_TIME_MS + 60_000;
export const ATTEMPT_ID = '018d2f1e-3b5c-7a10-8f00-000000000001';

/** RFC 8032 section 7.1, TEST 1. */
export const TEST_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';

export function signerFromSeed(seedHex: string): Signer {
  const der = Buffer.from(`302e020100300506032b657004220420${seedHex}`, 'hex'); // RFC 8410 section 7
  const privateKey: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    publicKey: new Uint8Array(spki.subarray(12)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

export const LOG_SIGNER: Signer = signerFromSeed(TEST_SEED);

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

export function leafMembers(changes: JsonRecord = {}): JsonRecord {
  return {
    type: 'kapsel.delivery/v1',
    log: ORIGIN,
    delivery_attempt_id: ATTEMPT_ID,
    event_id: '018d2f1e-3b5c-7a10-8f00-000000000002',
    endpoint_id: '018d2f1e-3b5c-7a10-8f00-000000000003',
    endpoint_url: 'https://example.com/webhook',
    attempt_number: 1,
    payload_hash: createHash('sha256').update('{"n":1}').digest('hex'),
    payload_size: 7,
    attempted_at: '2026-01-15T10:30:44.000Z',
    completed_at: '2026-01-15T10:30:44.250Z',
    outcome: 'delivered',
    response_status: 200,
    response_hash: createHash('sha256').update('ok').digest('hex'),
    error: null,
    receipt_hash: null,
    commitments: null,
    ...changes,
  };
}

export function leafText(changes: JsonRecord = {}): string {
  return JSON.stringify(leafMembers(changes));
}

export function headBytes(timestampMs: number, treeSize: number, root: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(50);
  bytes[1] = 1;
  bytes.writeBigUInt64BE(BigInt(timestampMs), 2);
  bytes.writeBigUInt64BE(BigInt(treeSize), 10);
  bytes.set(root, 18);
  return new Uint8Array(bytes);
}

export function noteOf(text: string, name: string, signer: Signer): string {
  const keyId = createHash('sha256')
    .update(Buffer.concat([utf8(name), Uint8Array.of(0x0a, 0x01), signer.publicKey]))
    .digest()
    .subarray(0, 4);
  const blob = Buffer.concat([keyId, signer.sign(utf8(text))]).toString('base64');
  return `${text}\n\u2014 ${name} ${blob}\n`;
}

export function checkpointText(origin: string, treeSize: number, root: Uint8Array): string {
  return `${origin}\n${treeSize}\n${Buffer.from(root).toString('base64')}\n`;
}

export interface HeadOptions {
  readonly timestampMs?: number;
  readonly origin?: string;
  readonly signer?: Signer;
}

export function makeHead(
  treeSize: number,
  root: Uint8Array,
  options: HeadOptions = {},
): JsonRecord {
  const { timestampMs = HEAD_TIME_MS, origin = ORIGIN, signer = LOG_SIGNER } = options;
  return {
    tree_size: treeSize,
    root_hash: hex(root),
    timestamp: timestampMs,
    signature: hex(signer.sign(headBytes(timestampMs, treeSize, root))),
    public_key: hex(signer.publicKey),
    sth_id: '018d2f1e-3b5c-7a10-8f00-0000000000ff',
    log: origin,
    checkpoint: noteOf(checkpointText(origin, treeSize, root), origin, signer),
  };
}

export interface PackageOptions extends HeadOptions {
  readonly leafText?: string;
  readonly leafIndex?: number;
  readonly treeSize?: number;
}

/** A package that verifies, unless the leaf text given is a bad one. */
export function makePackage(options: PackageOptions = {}): JsonRecord {
  const { leafText: text = leafText(), leafIndex = 5, treeSize = 11 } = options;
  const leaves = Array.from({ length: treeSize }, (_, i) =>
    referenceLeafHash(utf8(i === leafIndex ? text : `leaf ${i}`)),
  );
  const leafHash = hex(leaves[leafIndex] as Uint8Array);
  const root = referenceRoot(leaves);
  return {
    format: 'kapsel.proof/v1',
    delivery_attempt_id: ATTEMPT_ID,
    leaf_data: text,
    leaf_hash: leafHash,
    inclusion_proof: {
      leaf_hash: leafHash,
      leaf_index: leafIndex,
      tree_size: treeSize,
      proof_hashes: referencePath(leafIndex, leaves).map(hex),
      root_hash: hex(root),
    },
    signed_tree_head: makeHead(treeSize, root, options),
  };
}

/** The member at a path like `inclusion_proof.leaf_index`, for changing one thing in a copy. */
export function withMember(source: JsonRecord, path: string, value: Json | undefined): JsonRecord {
  const copy = structuredClone(source) as JsonRecord;
  const names = path.split('.');
  const last = names.pop() as string;
  let target: JsonRecord = copy;
  for (const name of names) target = target[name] as JsonRecord;
  if (value === undefined) delete target[last];
  else target[last] = value;
  return copy;
}
