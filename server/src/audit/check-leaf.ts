/** One leaf by itself and beside its delivery attempt: text, hash, origin, and what the attempt's row says. @module */
import {
  type DeliveryLeaf,
  equalBytes,
  hexFromBytes,
  type KeyLeaf,
  leafHash,
  parseKeyLeaf,
  parseLeaf,
  utf8FromString,
  VerificationError,
} from '@kapsel/verification';
import type { Finding } from './contradiction.ts';

export interface LeafRow {
  readonly leafIndex: number;
  readonly deliveryAttemptId: string | null;
  readonly leafHash: Uint8Array;
  readonly leafData: string;
}

export interface CheckedLeaf {
  /** What stands for the leaf in the tree that is recomputed. */
  readonly hash: Uint8Array;
  readonly delivery: DeliveryLeaf | null;
  readonly key: KeyLeaf | null;
  readonly findings: readonly Finding[];
}

/** `inTile` is the hash that the stored tile has at this index, or null where there is no tile. */
export function checkLeaf(row: LeafRow, origin: string, inTile: Uint8Array | null): CheckedLeaf {
  const at = `index ${row.leafIndex}`;
  const hash = leafHash(utf8FromString(row.leafData));
  const findings: Finding[] = [];
  const found = (column: string, want: string, got: string): void => {
    findings.push({ where: `merkle_leaves.${column}`, at, want, got });
  };
  if (!equalBytes(hash, row.leafHash)) {
    // Two of three agree: the tile tells which of the other two was changed.
    const isTextChanged = inTile !== null && equalBytes(inTile, row.leafHash);
    const [stored, computed] = [hexFromBytes(row.leafHash), hexFromBytes(hash)];
    if (isTextChanged) found('leaf_data', `a text with hash ${stored}`, computed);
    else found('leaf_hash', computed, stored);
    if (isTextChanged) return { hash: row.leafHash, delivery: null, key: null, findings };
  }
  const leaf = readLeaf(row.leafData);
  if ('refused' in leaf) {
    found('leaf_data', 'the exact text of a leaf', leaf.refused);
    return { hash, delivery: null, key: null, findings };
  }
  if (leaf.log !== origin) found('leaf_data', `log ${origin}`, `log ${leaf.log}`);
  if (leaf.type === 'kapsel.key/v1') {
    if (row.deliveryAttemptId !== null) {
      found('delivery_attempt_id', 'none for a key', row.deliveryAttemptId);
    }
    return { hash, delivery: null, key: leaf, findings };
  }
  if (leaf.deliveryAttemptId !== row.deliveryAttemptId) {
    found('delivery_attempt_id', leaf.deliveryAttemptId, `${row.deliveryAttemptId}`);
  }
  return { hash, delivery: leaf, key: null, findings };
}

function readLeaf(text: string): DeliveryLeaf | KeyLeaf | { readonly refused: string } {
  try {
    return text.startsWith('{"type":"kapsel.key/') ? parseKeyLeaf(text) : parseLeaf(text);
  } catch (error) {
    if (error instanceof VerificationError) return { refused: error.code };
    throw error;
  }
}

export interface AttemptRow {
  readonly id: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly attemptNumber: number;
  readonly endpointUrl: string;
  readonly attemptedAtMs: number;
  readonly completedAtMs: number | null;
  readonly outcome: string | null;
  readonly responseStatus: number | null;
  readonly responseHash: Uint8Array | null;
  readonly error: string | null;
  /** Null where the event's row is gone. */
  readonly payloadHash: Uint8Array | null;
  readonly payloadSize: number | null;
}

/** Does the attempt's row, with its event's, say what the leaf says? */
export function checkAttempt(leaf: DeliveryLeaf, row: AttemptRow): Finding[] {
  const at = `delivery attempt ${leaf.deliveryAttemptId}`;
  const findings: Finding[] = [];
  const compare = (where: string, want: unknown, got: unknown, isShown = true): void => {
    if (want === got) return;
    findings.push({
      where,
      at,
      want: isShown ? `${want}` : 'what its leaf says',
      got: isShown ? `${got}` : 'another text',
    });
  };
  const attempt = (column: string) => `delivery_attempts.${column}`;
  compare(attempt('event_id'), leaf.eventId, row.eventId);
  compare(attempt('endpoint_id'), leaf.endpointId, row.endpointId);
  compare(attempt('attempt_number'), leaf.attemptNumber, row.attemptNumber);
  // A URL may carry a token of the tenant's.
  compare(attempt('endpoint_url'), leaf.endpointUrl, row.endpointUrl, false);
  compare(attempt('attempted_at'), leaf.attemptedAtMs, row.attemptedAtMs);
  compare(attempt('completed_at'), msOrNull(leaf.completedAt), row.completedAtMs);
  compare(attempt('outcome'), leaf.outcome, row.outcome);
  compare(attempt('response_status'), leaf.responseStatus, row.responseStatus);
  compare(attempt('response_hash'), leaf.responseHash, hexOrNull(row.responseHash));
  compare(attempt('error'), leaf.error, row.error, false);
  if (row.payloadHash !== null) {
    compare('webhook_events.payload_hash', leaf.payloadHash, hexOrNull(row.payloadHash));
    compare('webhook_events.payload_size', leaf.payloadSize, row.payloadSize);
  }
  return findings;
}

function msOrNull(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

function hexOrNull(hash: Uint8Array | null): string | null {
  return hash === null ? null : hexFromBytes(hash);
}
