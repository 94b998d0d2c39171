/** STORY: once at start and then daily, months are made ahead, and those past their retention are detached. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import {
  detachMonths,
  ensurePartitions,
  findHindranceAcrossTenants,
  headroomDays,
  listMonths,
  type Month,
  PARTITIONED,
  type Partitioned,
  planDetaching,
} from './partitions.ts';
import { inTransaction } from './transaction.ts';

export interface PartitionKeeperDeps {
  readonly pool: Pool;
  /** Detaching needs a connection of its own: it runs outside of transactions. */
  readonly connectionString: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retainDays: Readonly<Record<Partitioned, number>>;
  readonly onHeadroom?: (table: Partitioned, days: number) => void;
  readonly detachTimeoutMs?: number;
}

export interface PartitionKeeper {
  stop(): Promise<void>;
}

const DAILY_MS = 86_400_000;
const ALERT_DAYS = 14;
const DETACH_TIMEOUT_MS = 300_000;

/** Resolves when the months that are needed now exist; throws when they cannot be made. Detaching happens afterwards. */
export async function startPartitionKeeper(deps: PartitionKeeperDeps): Promise<PartitionKeeper> {
  await makeAhead(deps);
  const loop = new Loop({
    clock: deps.clock,
    step: async () => {
      await keepPartitions(deps);
      return DAILY_MS;
    },
    onError: (error) => deps.logger.error('keeping partitions failed', { error }),
  });
  return { stop: () => loop.stop() };
}

/** One round: makes what is missing, detaches what is past its retention. Nothing is ever dropped. */
export async function keepPartitions(deps: PartitionKeeperDeps): Promise<void> {
  await makeAhead(deps);
  await detachOld(deps);
}

async function makeAhead({ pool, clock, logger, onHeadroom }: PartitionKeeperDeps): Promise<void> {
  const nowMs = clock.nowMs();
  const made = await inTransaction(pool, (db) => ensurePartitions(db, nowMs));
  if (made > 0) logger.info('partitions made', { count: made });
  const months = await listMonths(pool);
  for (const table of PARTITIONED) {
    const days = headroomDays(months, table, nowMs);
    onHeadroom?.(table, days);
    if (days < ALERT_DAYS) logger.error('partitions run out', { reason: table });
  }
}

async function detachOld(deps: PartitionKeeperDeps): Promise<void> {
  const { pool, clock, logger, retainDays, connectionString } = deps;
  const due: Month[] = [];
  for (const month of planDetaching(await listMonths(pool), retainDays, clock.nowMs())) {
    const hindrance = month.isPending ? null : await findHindranceAcrossTenants(pool, month);
    if (hindrance === null) due.push(month);
    else logger.warn('partition kept', { reason: `${month.name}: ${hindrance}` });
  }
  if (due.length === 0) return;
  const timeoutMs = deps.detachTimeoutMs ?? DETACH_TIMEOUT_MS;
  await detachMonths(connectionString, due, timeoutMs, ({ name }) =>
    logger.info('partition detached', { reason: name }),
  );
}
