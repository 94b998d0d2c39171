/** Log: one append-only tree with an origin that never changes. The shared log has no tenant. @module */
import type { LogId, TenantId } from '../base/ids.ts';

export interface Log {
  readonly id: LogId;
  readonly tenantId: TenantId | null;
  /** The log's name inside every leaf and checkpoint; identity of the log, independent of its keys. */
  readonly origin: string;
}

/** The tree as committed: its size and the roots of its complete subtrees, left to right. */
export interface TreeState {
  readonly treeSize: number;
  readonly rightEdge: readonly Uint8Array[];
}
