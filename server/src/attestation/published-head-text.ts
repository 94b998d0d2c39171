/** The text of a published head in its second place: one head as `/attestation/sth` answers it, read with distrust. @module */
import { equalBytes, parseTreeHead, verifyCheckpoint, verifyTreeHead } from '@kapsel/verification';
import type { TreeHeadId } from '../base/ids.ts';
import { HeadConflict, type LogOfHead } from './published-head.ts';
import { encodeTreeHeadJson, type TreeHead } from './tree-head.ts';

/** The head as the log alone signed it: cosignatures come and go, and prove nothing here. */
export function writePublishedHead(head: TreeHead): string {
  return `${JSON.stringify(encodeTreeHeadJson({ ...head, cosignatures: [] }))}\n`;
}

/** Throws HeadConflict unless `bytes` are a head of `log` whose signatures hold; `place` is what the message calls it. */
export function parsePublishedHead(bytes: Uint8Array, place: string, log: LogOfHead): TreeHead {
  try {
    const parsed = parseTreeHead(bytes);
    if (parsed.log !== log.origin) throw foreign(place, log, parsed.log);
    verifyTreeHead(parsed);
    const checkpoint = verifyCheckpoint(parsed.checkpoint ?? '', log.origin, parsed.publicKey);
    if (
      checkpoint.treeSize !== BigInt(parsed.treeSize) ||
      !equalBytes(checkpoint.rootHash, parsed.rootHash)
    ) {
      throw new Error('head and checkpoint disagree');
    }
    return {
      id: parsed.sthId as TreeHeadId,
      origin: parsed.log,
      treeSize: parsed.treeSize,
      rootHash: parsed.rootHash,
      timestampMs: parsed.timestampMs,
      signature: parsed.signature,
      publicKey: parsed.publicKey,
      checkpoint: parsed.checkpoint ?? '',
      cosignatures: [],
    };
  } catch (cause) {
    if (cause instanceof HeadConflict) throw cause;
    throw new HeadConflict(
      'damaged',
      `${place} is not a signed head of ${log.origin}: restore it from a copy, or, when you know the newest head that was published and the database has it, move it away; nothing is signed until then`,
      { cause },
    );
  }
}

function foreign(place: string, log: LogOfHead, found: string): HeadConflict {
  return new HeadConflict(
    'foreign',
    `${place} holds a head of ${found}, not of ${log.origin}: KAPSEL_HEAD_STORE belongs to another installation; nothing is signed until then`,
  );
}

/** The log that a text claims to be of. One that cannot be read is no statement about any log. */
export function originOfText(bytes: Uint8Array): string | null {
  try {
    return parseTreeHead(bytes).log;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
