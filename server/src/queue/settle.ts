/** Story: attempts that are over are written down, and their endpoints hear of it: health, circuit, and whoever counts. @module */
import type { Pool } from 'pg';
import type { EndpointId } from '../base/ids.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { Circuits } from '../delivery/circuits.ts';
import type { HealthNews } from '../endpoints/state-store.ts';
import { noteHealthAcrossTenants } from '../endpoints/state-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Settlement } from './job.ts';
import { settleAcrossTenants } from './store.ts';

export type AttemptOutcome = Settlement['result']['outcome'];

export interface SettleDeps {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly circuits: Circuits;
  /** Told how many leaves have begun to wait for their place in a tree. */
  readonly onSettled?: (count: number) => void;
  /** Told of each settled attempt; null seconds where nobody saw its end. */
  readonly onAttempt?: (
    endpointId: EndpointId,
    outcome: AttemptOutcome,
    seconds: number | null,
  ) => void;
  /** Told how many results came too late: their lease was over. */
  readonly onStale?: (count: number) => void;
  /** Told that deliveries wait in the queue that may not go. */
  readonly onStopped?: () => void;
}

/** Settles in one transaction that `prepare` may begin; answers for each settlement whether it still held its lease. */
export async function settleAll(
  deps: SettleDeps,
  prepare: (db: Db) => Promise<readonly Settlement[]> | readonly Settlement[],
): Promise<boolean[]> {
  const { pool, logger, onSettled, onAttempt, onStale, onStopped } = deps;
  const { all, won, disabled } = await inTransaction(pool, async (db) => {
    const settlements = await prepare(db);
    const ids = await settleAcrossTenants(db, settlements);
    const settled = settlements.filter(({ job }) => ids.has(job.deliveryAttemptId));
    const news = newsOf(settled);
    return {
      all: settlements,
      won: settled,
      disabled: news.length === 0 ? [] : await noteHealthAcrossTenants(db, news),
    };
  });
  for (const { endpointId, tenantId, reason } of disabled) {
    logger.warn('endpoint disabled', { endpoint_id: endpointId, tenant_id: tenantId, reason });
  }
  if (won.length > 0) onSettled?.(won.length);
  if (won.length < all.length) onStale?.(all.length - won.length);
  for (const { job, result } of won) {
    const { completedAtMs } = result;
    const seconds = completedAtMs === null ? null : (completedAtMs - job.attemptedAtMs) / 1_000;
    onAttempt?.(job.endpointId, result.outcome, seconds);
  }
  // A crash before this leaves the circuit a few results short; its endpoint will give it others.
  await chargeCircuits(deps, won);
  if (disabled.length > 0) onStopped?.();
  const kept = new Set(won);
  return all.map((settlement) => kept.has(settlement));
}

/** Only what may change the row of an endpoint: most deliveries find it as it was. */
function newsOf(won: readonly Settlement[]): { endpointId: EndpointId; news: HealthNews }[] {
  return won.flatMap((settlement) => {
    const news = healthNews(settlement);
    return news === null ? [] : [{ endpointId: settlement.job.endpointId, news }];
  });
}

function healthNews({ job, result, next }: Settlement): HealthNews | null {
  if (result.outcome === 'delivered') return job.health === 'good' ? null : 'good';
  if (next.kind === 'finish' && next.reason === 'gone') return 'gone';
  if (next.kind === 'retry' && !next.counts) return null; // our fault, not the endpoint's
  if (job.health === 'good') return 'failing';
  return job.health === 'overdue' ? 'overdue' : null;
}

async function chargeCircuits(
  { circuits, logger }: SettleDeps,
  won: readonly Settlement[],
): Promise<void> {
  for (const settlement of won) {
    const { job } = settlement;
    const attempt = {
      attemptId: job.deliveryAttemptId,
      endpointId: job.endpointId,
      tenantId: job.tenantId,
      ...job.permit,
    };
    try {
      const change = circuits.settle(attempt, settlement.charge);
      if (change !== null) await change;
    } catch (error) {
      // The outcomes are committed and must be answered as such. A probe that is not settled gives its place back
      // with its lease.
      logger.error('charging a circuit failed', { endpoint_id: job.endpointId, error });
    }
  }
}
