/** STORY: one head goes to one witness, and its cosignature becomes a further line of the note. @module */
import { proveConsistency, rootFromTiles } from '@kapsel/tree';
import {
  equalBytes,
  type PolicyWitness,
  parseCheckpoint,
  parseNote,
  VerificationError,
  verifyConsistency,
  verifyCosignatures,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import {
  behindConflict,
  forkedConflict,
  type HeadConflict,
} from '../attestation/published-head.ts';
import { tileReader } from '../attestation/tile-store.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState } from '../logs/store.ts';
import { encodeAddCheckpoint, linesFromAnswer } from './exchange.ts';
import { findCosignedSize, insertCosignature } from './store.ts';
import type { WitnessAnswer, WitnessClient } from './witness-client.ts';

/** A witness that can be asked. */
export interface AskedWitness extends PolicyWitness {
  readonly url: string;
}

export interface CosignDeps {
  readonly pool: Pool;
  readonly client: WitnessClient;
  /** All whose lines are kept, whichever of them answers. */
  readonly witnesses: readonly AskedWitness[];
}

export type CosignResult =
  /** `bad` names witnesses whose line did not hold. */
  | { readonly kind: 'cosigned'; readonly bad: readonly string[] }
  /** Nothing to do: the witness has this head or a newer one. */
  | { readonly kind: 'overtaken' }
  /** The witness has seen what the database does not have: nothing more may be published. */
  | { readonly kind: 'alarm'; readonly conflict: HeadConflict }
  /** The witness says that it holds another root of this size. */
  | { readonly kind: 'conflict' }
  | Extract<WitnessAnswer, { kind: 'refused' | 'unreachable' }>
  | { readonly kind: 'invalid'; readonly reason: string };

/** Never retried here but once, when the witness names the size that it has. Throws when the database fails. */
export async function cosign(
  { pool, client, witnesses }: CosignDeps,
  log: Log,
  head: TreeHead,
  witness: AskedWitness,
): Promise<CosignResult> {
  let oldSize = await findCosignedSize(pool, log.id, witness.key.publicKey);
  if (oldSize >= head.treeSize) return { kind: 'overtaken' };
  for (let i = 0; i < 2; i += 1) {
    const proof = await provenFrom(pool, log, oldSize, head);
    const body = encodeAddCheckpoint(oldSize, proof, head.checkpoint);
    // A crash after the witness signed leaves it ahead of what we know: it answers 409 with its size next time.
    const answer = await client.addCheckpoint(witness.url, body);
    if (answer.kind === 'text') return keepLines(pool, log, head, answer.text, witnesses, witness);
    if (answer.kind === 'refused' && answer.status === 409) return { kind: 'conflict' };
    if (answer.kind !== 'size') return answer;
    if (answer.size === BigInt(oldSize)) {
      return oldSize === head.treeSize
        ? { kind: 'conflict' }
        : { kind: 'invalid', reason: 'a conflict over a size that it agrees with' };
    }
    // Asked after the answer: whatever a process of ours published before it is committed.
    const { treeSize } = await getTreeState(pool, log.id);
    if (answer.size > BigInt(treeSize)) {
      const source = `witness ${witness.name}`;
      const conflict = behindConflict(log.origin, treeSize, Number(answer.size), source);
      return { kind: 'alarm', conflict };
    }
    oldSize = Number(answer.size);
    if (oldSize > head.treeSize) return { kind: 'overtaken' };
  }
  // Another process is at it: its head is as good as this one.
  return { kind: 'overtaken' };
}

/** The proof that a witness will check, checked here first: a bad one would look like a fork to it. */
async function provenFrom(
  pool: Pool,
  log: Log,
  oldSize: number,
  head: TreeHead,
): Promise<Uint8Array[]> {
  if (oldSize === 0 || oldSize === head.treeSize) return [];
  const tiles = tileReader(pool, log.id);
  const proof = await proveConsistency(tiles, oldSize, head.treeSize);
  const oldRoot = await rootFromTiles(tiles, oldSize);
  verifyConsistency(oldRoot, head.rootHash, oldSize, head.treeSize, proof);
  return proof;
}

async function keepLines(
  pool: Pool,
  log: Log,
  head: TreeHead,
  body: string,
  witnesses: readonly AskedWitness[],
  asked: AskedWitness,
): Promise<CosignResult> {
  try {
    const { cosigned, bad } = linesFromAnswer(head.checkpoint, body, witnesses);
    for (const line of cosigned) await insertCosignature(pool, log.id, head.treeSize, line);
    if (cosigned.some(({ witness }) => witness.name === asked.name))
      return { kind: 'cosigned', bad };
    const reason = bad.includes(asked.name) ? 'a cosignature that does not hold' : 'no cosignature';
    return { kind: 'invalid', reason };
  } catch (error) {
    if (error instanceof VerificationError)
      return { kind: 'invalid', reason: 'no signature lines' };
    throw error;
  }
}

/** Asks a witness what it cosigned last. Null when that fits the database, or it does not say. */
export async function compareWithWitness(
  { pool, client }: CosignDeps,
  log: Log,
  witness: AskedWitness,
): Promise<Exclude<CosignResult, { kind: 'cosigned' | 'overtaken' | 'conflict' }> | null> {
  const answer = await client.latestCheckpoint(witness.url, log.origin);
  if (answer.kind === 'refused' && (answer.status === 404 || answer.status === 405)) return null;
  if (answer.kind === 'size') return { kind: 'invalid', reason: 'a size' };
  if (answer.kind !== 'text') return answer;
  const seen = witnessedTree(answer.text, log, witness);
  if (seen === null)
    return { kind: 'invalid', reason: 'no checkpoint of this log that it cosigned' };
  const { treeSize } = await getTreeState(pool, log.id);
  const source = `witness ${witness.name}`;
  if (seen.treeSize > BigInt(treeSize)) {
    const conflict = behindConflict(log.origin, treeSize, Number(seen.treeSize), source);
    return { kind: 'alarm', conflict };
  }
  const size = Number(seen.treeSize);
  if (size === 0) return null;
  const root = await rootFromTiles(tileReader(pool, log.id), size);
  if (equalBytes(root, seen.rootHash)) return null;
  return { kind: 'alarm', conflict: forkedConflict(log.origin, size, source) };
}

/** From the network: believed as far as the witness's own cosignature goes. */
function witnessedTree(
  note: string,
  log: Log,
  witness: AskedWitness,
): { treeSize: bigint; rootHash: Uint8Array } | null {
  try {
    if (verifyCosignatures(note, [witness.key]).length === 0) return null;
    const checkpoint = parseCheckpoint(parseNote(note).text);
    return checkpoint.origin === log.origin ? checkpoint : null;
  } catch (error) {
    if (error instanceof VerificationError) return null;
    throw error;
  }
}
