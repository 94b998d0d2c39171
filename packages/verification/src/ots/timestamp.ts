/** A tree of operations that begins at one message and ends in attestations. OpenTimestamps, version 1 of the format. @module */
import { equalBytes, joinBytes } from '../bytes.ts';
import { refusalOf } from '../errors.ts';
import type { OtsAttestation } from './attestation.ts';
import { attestationKey, encodeAttestation, readAttestation } from './attestation.ts';
import { OtsCursor } from './cursor.ts';
import type { OtsOperation } from './operation.ts';
import { applyOtsOperation, encodeOperation, operationKey, readOperation } from './operation.ts';

// node   := { ff branch }* branch        the marker stands before every branch but the last
// branch := 00 tag payload               an attestation of the node's message
//         | op [argument] node           a new message, and its own node

/**
 * One message and what is said of it. Both lists are in their one order, without repetition, and not both empty: two
 * trees that say the same are the same.
 */
export interface OtsTimestamp {
  readonly message: Uint8Array;
  readonly attestations: readonly OtsAttestation[];
  readonly branches: readonly OtsBranch[];
}

/** An operation and the tree of the message that it makes. */
export interface OtsBranch {
  readonly operation: OtsOperation;
  readonly timestamp: OtsTimestamp;
}

/** An attestation, the message it is about, and how many operations led there. */
export interface AttestedMessage {
  readonly attestation: OtsAttestation;
  readonly message: Uint8Array;
  readonly operationCount: number;
}

const ATTESTATION = 0x00;
const FORK = 0xff;
const MAX_OPERATIONS_IN_A_ROW = 255; // the reference counts 256 levels; a bound also for the recursion here

/** A tree that still grows, with the keys of its attestations and operations. */
interface Draft {
  readonly message: Uint8Array;
  readonly attestations: Map<string, OtsAttestation>;
  readonly branches: Map<string, { readonly operation: OtsOperation; readonly draft: Draft }>;
}

/**
 * Reads a tree that begins at a message, as calendars answer it; all bytes are used up. Throws `E_FIELD` with the byte
 * where it ends to be a tree.
 * @example parseOtsTimestamp(answer, commitment).attestations
 */
export function parseOtsTimestamp(bytes: Uint8Array, message: Uint8Array): OtsTimestamp {
  const cursor = new OtsCursor(bytes);
  const timestamp = readOtsTimestamp(cursor, message);
  cursor.assertEnd();
  return timestamp;
}

/** The same out of a longer text. */
export function readOtsTimestamp(cursor: OtsCursor, message: Uint8Array): OtsTimestamp {
  const draft = draftOf(message);
  readInto(draft, cursor, 0);
  return timestampOf(draft);
}

/**
 * The bytes of a tree without its message: attestations before operations, each in the order of their bytes.
 * @example encodeOtsTimestamp(parseOtsTimestamp(answer, commitment))
 */
export function encodeOtsTimestamp(timestamp: OtsTimestamp): Uint8Array {
  const parts: Uint8Array[] = [];
  writeInto(parts, timestamp);
  return joinBytes(parts);
}

/**
 * All that both trees say; nothing is lost, and what both say stands once. Throws `TypeError` for trees of two messages.
 * @example mergeOtsTimestamps(answerOfOneCalendar, answerOfAnother)
 */
export function mergeOtsTimestamps(first: OtsTimestamp, second: OtsTimestamp): OtsTimestamp {
  if (!equalBytes(first.message, second.message)) {
    throw new TypeError('"second" expected a tree of the same message');
  }
  const draft = draftOf(first.message);
  addTo(draft, first);
  addTo(draft, second);
  return timestampOf(draft);
}

/**
 * Adds a later answer wherever the tree has the message that the answer begins at. Branches are only ever added; where
 * no such message is, the tree comes back as it was.
 * @example growOtsTimestamp(proof.timestamp, parseOtsTimestamp(answer, commitment))
 */
export function growOtsTimestamp(timestamp: OtsTimestamp, answer: OtsTimestamp): OtsTimestamp {
  const draft = draftOf(timestamp.message);
  addTo(draft, timestamp);
  growDraft(draft, answer);
  return timestampOf(draft);
}

/**
 * The tree that leads by these operations from a message to the start of another tree. Throws `TypeError` where they
 * lead to another message.
 * @example otsTimestampThrough(digest, [{ kind: 'append', argument: nonce }, { kind: 'sha256' }], answer)
 */
export function otsTimestampThrough(
  message: Uint8Array,
  operations: readonly OtsOperation[],
  end: OtsTimestamp,
): OtsTimestamp {
  const [operation, ...rest] = operations;
  if (operation === undefined) {
    if (equalBytes(message, end.message)) return end;
    throw new TypeError('"end" expected a tree of the message that the operations lead to');
  }
  const timestamp = otsTimestampThrough(applyOtsOperation(operation, message), rest, end);
  return { message, attestations: [], branches: [{ operation, timestamp }] };
}

/**
 * Every attestation of the tree with the message it is about, from the root outwards.
 * @example attestedMessages(proof.timestamp).filter(({ attestation }) => attestation.kind === 'bitcoin')
 */
export function attestedMessages(timestamp: OtsTimestamp): readonly AttestedMessage[] {
  const found: AttestedMessage[] = [];
  collect(timestamp, 0, found);
  return found;
}

function collect(timestamp: OtsTimestamp, operationCount: number, found: AttestedMessage[]): void {
  const { message } = timestamp;
  for (const attestation of timestamp.attestations) {
    found.push({ attestation, message, operationCount });
  }
  for (const branch of timestamp.branches) collect(branch.timestamp, operationCount + 1, found);
}

/**
 * The operations that lead from the root to one attestation of the tree, the very object; null if it is not in it.
 * @example operationsTo(proof.timestamp, verdict.decisive.attestation)
 */
export function operationsTo(
  timestamp: OtsTimestamp,
  attestation: OtsAttestation,
): readonly OtsOperation[] | null {
  if (timestamp.attestations.includes(attestation)) return [];
  for (const { operation, timestamp: next } of timestamp.branches) {
    const rest = operationsTo(next, attestation);
    if (rest !== null) return [operation, ...rest];
  }
  return null;
}

function draftOf(message: Uint8Array): Draft {
  return { message, attestations: new Map(), branches: new Map() };
}

function readInto(draft: Draft, cursor: OtsCursor, depth: number): void {
  for (;;) {
    const tag = cursor.readByte();
    const isLast = tag !== FORK;
    readBranch(draft, isLast ? tag : cursor.readByte(), cursor, depth);
    if (isLast) return;
  }
}

function readBranch(draft: Draft, tag: number, cursor: OtsCursor, depth: number): void {
  if (tag === ATTESTATION) {
    addAttestation(draft, readAttestation(cursor));
    return;
  }
  const start = cursor.place - 1;
  if (depth === MAX_OPERATIONS_IN_A_ROW) throw cursor.refused('ots-depth', start);
  const operation = readOperation(tag, cursor);
  // An operation that stands twice in a node is read into the same branch: so nothing that it leads to is lost.
  const next = branchOf(draft, operation, () => {
    cursor.spend(draft.message.length);
    try {
      return applyOtsOperation(operation, draft.message);
    } catch (error) {
      refusalOf(error);
      throw cursor.refused('ots-message', start);
    }
  });
  cursor.spend(next.message.length);
  readInto(next, cursor, depth + 1);
}

function addAttestation(draft: Draft, attestation: OtsAttestation): void {
  const key = attestationKey(attestation);
  if (!draft.attestations.has(key)) draft.attestations.set(key, attestation);
}

function branchOf(draft: Draft, operation: OtsOperation, message: () => Uint8Array): Draft {
  const key = operationKey(operation);
  const known = draft.branches.get(key);
  if (known !== undefined) return known.draft;
  const next = draftOf(message());
  draft.branches.set(key, { operation, draft: next });
  return next;
}

function addTo(draft: Draft, timestamp: OtsTimestamp): void {
  for (const attestation of timestamp.attestations) addAttestation(draft, attestation);
  for (const { operation, timestamp: next } of timestamp.branches) {
    addTo(
      branchOf(draft, operation, () => next.message),
      next,
    );
  }
}

function growDraft(draft: Draft, answer: OtsTimestamp): void {
  // Deeper first: what is added here must not be searched for the message again.
  for (const branch of draft.branches.values()) growDraft(branch.draft, answer);
  if (equalBytes(draft.message, answer.message)) addTo(draft, answer);
}

function timestampOf({ message, attestations, branches }: Draft): OtsTimestamp {
  return {
    message,
    attestations: inOrder(attestations),
    branches: inOrder(branches).map(({ operation, draft }) => ({
      operation,
      timestamp: timestampOf(draft),
    })),
  };
}

/** The values in the order of their keys. */
function inOrder<Value>(values: ReadonlyMap<string, Value>): readonly Value[] {
  const entries = [...values].sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([, value]) => value);
}

function writeInto(parts: Uint8Array[], { attestations, branches }: OtsTimestamp): void {
  let left = attestations.length + branches.length;
  if (left === 0) throw new TypeError('"timestamp" expected at least one branch');
  const fork = (): void => {
    left -= 1;
    if (left > 0) parts.push(Uint8Array.of(FORK));
  };
  for (const attestation of attestations) {
    fork();
    parts.push(Uint8Array.of(ATTESTATION), encodeAttestation(attestation));
  }
  for (const { operation, timestamp } of branches) {
    fork();
    parts.push(encodeOperation(operation));
    writeInto(parts, timestamp);
  }
}
