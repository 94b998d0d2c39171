/** What a log owes: leaves that wait must be whole, and every settled attempt must have a leaf or wait for its place. @module */
import type { Db } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import { checkLeaf } from './check-leaf.ts';
import type { Finding, Findings } from './contradiction.ts';
import { listSettledAcrossTenants, listWaitingAcrossTenants } from './settled-store.ts';
import { type AuditedLog, listAttachedMonths } from './store.ts';

const PAGE = 1_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Goes through both in pages; lives as long as one pass. */
export class SettledCheck {
  readonly #log: Log;
  readonly #audited: AuditedLog;
  readonly #findings: Findings;
  /** Null when all that wait have been seen. */
  #afterWaiting: number | null = 0;
  #afterAttempt = FIRST_ID;
  #since: string | null = null;

  constructor(log: Log, audited: AuditedLog, findings: Findings) {
    this.#log = log;
    this.#audited = audited;
    this.#findings = findings;
  }

  /** One page; false when there is none left. */
  async step(db: Db): Promise<boolean> {
    if (this.#afterWaiting !== null) {
      this.#afterWaiting = await this.#checkWaiting(db, this.#afterWaiting);
      return true;
    }
    return this.#checkAttempts(db);
  }

  async #checkWaiting(db: Db, after: number): Promise<number | null> {
    const rows = await listWaitingAcrossTenants(db, this.#log.id, after, PAGE);
    for (const row of rows) {
      const at = `pending leaf ${row.id}`;
      const checked = checkLeaf({ ...row, leafIndex: 0 }, this.#audited.origin, row.leafHash);
      this.#findings.addAll(checked.findings.map((finding) => asWaiting(finding, at)));
      if (!row.isPlaced) continue;
      const values = { want: 'an attempt without a leaf', got: `${row.deliveryAttemptId}` };
      this.#findings.add({ where: 'pending_leaves.delivery_attempt_id', at, ...values });
    }
    return rows.length < PAGE ? null : (rows.at(-1)?.id ?? null);
  }

  async #checkAttempts(db: Db): Promise<boolean> {
    this.#since ??= await this.#oldestMonth(db);
    const { tenantId } = this.#log;
    const rows = await listSettledAcrossTenants(
      db,
      tenantId,
      this.#afterAttempt,
      this.#since,
      PAGE,
    );
    for (const { id, hasLeaf } of rows) {
      if (hasLeaf) continue;
      const at = `delivery attempt ${id}`;
      this.#findings.add({ where: 'merkle_leaves', at, want: 'its leaf', got: 'none' });
    }
    this.#afterAttempt = rows.at(-1)?.id ?? this.#afterAttempt;
    return rows.length === PAGE;
  }

  // The leaves of older attempts may have been detached.
  async #oldestMonth(db: Db): Promise<string> {
    const [oldest = '1970_01'] = await listAttachedMonths(db, 'merkle_leaves');
    return `${oldest.replace('_', '-')}-01T00:00:00.000Z`;
  }
}

function asWaiting(finding: Finding, at: string): Finding {
  return { ...finding, at, where: finding.where.replace('merkle_leaves', 'pending_leaves') };
}
