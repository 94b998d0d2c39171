/** Log: one append-only tree with an origin that never changes. The shared log has no tenant. @module */
import type { LogId, TenantId } from '../base/ids.ts';

export const SHARED_LOG_NAME = 'shared';

export interface Log {
  readonly id: LogId;
  readonly tenantId: TenantId | null;
  /** Its short name in paths and queries: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Whether it answers everybody, or its tenant alone. */
  readonly isPublic: boolean;
  /** The log's name inside every leaf and checkpoint; identity of the log, independent of its keys. */
  readonly origin: string;
}

/** The tree as committed: its size and the roots of its complete subtrees, left to right. */
export interface TreeState {
  readonly treeSize: number;
  readonly rightEdge: readonly Uint8Array[];
  /** Why nothing is sequenced or signed any more, or null. */
  readonly haltedReason: string | null;
}

/** Where the tree moves to; a log that is halted does not move. */
export type NextTreeState = Omit<TreeState, 'haltedReason'>;

/** Refused: the log is halted, because what the database holds of it contradicts itself. */
export class LogHaltedError extends Error {
  readonly logId: LogId;

  constructor(logId: LogId, reason: string) {
    super(reason);
    this.name = 'LogHaltedError';
    this.logId = logId;
  }
}
