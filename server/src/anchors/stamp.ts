/** STORY: the newest head of each log that has grown becomes an anchor: a row with the bytes to be stamped and a nonce, before anybody is asked. @module */
import { randomBytes } from 'node:crypto';
import { stampFormOfCheckpoint } from '@kapsel/verification';
import type { Pool } from 'pg';
import type { TreeHead } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import type { Log } from '../logs/log.ts';
import { listLogs } from '../logs/store.ts';
import { isStampDue } from './schedule.ts';
import { findLastAnchor, insertAnchor } from './store.ts';

export interface StampDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Least time between two anchors of a log. */
  readonly intervalMs: number;
  /** The head of a log that is to be stamped now, or null before the first. */
  readonly headOf: (logId: LogId) => Promise<TreeHead | null>;
  /** Told of each anchor that this process made. */
  readonly onAnchor: (log: Log, head: TreeHead) => void;
}

const NONCE_BYTES = 16;

/** Looks at all logs once. Calendars are asked by whoever finds the rows: this waits for no network. */
export async function stampDueHeads(deps: StampDeps, signal: AbortSignal): Promise<void> {
  const { pool, clock, intervalMs, headOf, onAnchor } = deps;
  for (const log of await listLogs(pool)) {
    if (signal.aborted) return;
    const head = await headOf(log.id);
    if (head === null) continue;
    const last = await findLastAnchor(pool, log.id);
    if (!isStampDue(head, last, intervalMs, clock.nowMs())) continue;
    const isOurs = await insertAnchor(
      pool,
      {
        logId: log.id,
        treeSize: head.treeSize,
        headId: head.id,
        note: stampFormOfCheckpoint(head.checkpoint, head.origin, head.publicKey),
        nonce: randomBytes(NONCE_BYTES),
      },
      clock.nowMs(),
    );
    // A crash from here on: the row is due, and whoever finds it posts the same digest.
    if (isOurs) onAnchor(log, head);
  }
}
