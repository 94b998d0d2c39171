/** STORY: once at start and then daily, partitions are made ahead, and those past their retention are detached; bodies are dropped a while later. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { UpkeepConfig } from '../base/upkeep-settings.ts';
import type { Logger } from '../telemetry/logger.ts';
import {
  type DetachedWeek,
  ensurePartitions,
  findHindranceAcrossTenants,
  headroomDays,
  listDetachedWeeks,
  listPartitions,
  PARTITIONED,
  type Partition,
  type Partitioned,
  planDetaching,
  retirePartitions,
} from './partitions.ts';
import { type Db, inTransaction } from './transaction.ts';

/** How long what is kept. */
export interface RetentionRules {
  readonly retainDays: Readonly<Record<Partitioned, number>>;
  /** Bodies that were detached are dropped so much later; nothing else is ever dropped. */
  readonly dropPayloadsDays: number;
}

/** As the settings say. */
export function retentionRules(
  config: Pick<
    UpkeepConfig,
    'retainPayloadsDays' | 'retainAttemptsDays' | 'retainLeavesDays' | 'dropPayloadsDays'
  >,
): RetentionRules {
  return {
    retainDays: {
      event_payloads: config.retainPayloadsDays,
      delivery_attempts: config.retainAttemptsDays,
      merkle_leaves: config.retainLeavesDays,
    },
    dropPayloadsDays: config.dropPayloadsDays,
  };
}

export interface PartitionKeeperDeps extends RetentionRules {
  readonly pool: Pool;
  /** Detaching needs a connection of its own, as the owner of the tables: it runs outside of transactions. */
  readonly connectionString: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onHeadroom?: (table: Partitioned, days: number) => void;
  /** Partitions past their retention that something still needs. */
  readonly onOverdue?: (table: Partitioned, count: number) => void;
  readonly onRetired?: (table: Partitioned, what: 'detached' | 'dropped') => void;
  readonly detachTimeoutMs?: number;
}

export interface PartitionKeeper {
  stop(): Promise<void>;
}

const DAILY_MS = 86_400_000;
const ALERT_DAYS = 14;
const DETACH_TIMEOUT_MS = 300_000;

/** Resolves when what is needed now exists; throws when it cannot be made. Detaching happens afterwards. */
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

/** One round: makes what is missing, and retires what is past its retention. */
export async function keepPartitions(deps: PartitionKeeperDeps): Promise<void> {
  await makeAhead(deps);
  await retire(deps);
}

async function makeAhead({ pool, clock, logger, onHeadroom }: PartitionKeeperDeps): Promise<void> {
  const nowMs = clock.nowMs();
  const made = await inTransaction(pool, (db) => ensurePartitions(db, nowMs));
  if (made > 0) logger.info('partitions made', { count: made });
  const partitions = await listPartitions(pool);
  for (const table of PARTITIONED) {
    const days = headroomDays(partitions, table, nowMs);
    onHeadroom?.(table, days);
    if (days < ALERT_DAYS) logger.error('partitions run out', { reason: table });
  }
}

/** What a round would retire now. */
export interface RetentionPlan {
  readonly detach: readonly Partition[];
  /** Past their retention too, but something still needs them. */
  readonly kept: readonly { readonly partition: Partition; readonly hindrance: string }[];
  /** Weeks of bodies that were detached and are still there; those that are over are dropped. */
  readonly detached: readonly DetachedWeek[];
}

/** Looks, and changes nothing. */
export async function planRetention(
  db: Db,
  { retainDays, dropPayloadsDays }: RetentionRules,
  nowMs: number,
): Promise<RetentionPlan> {
  const detach: Partition[] = [];
  const kept: { partition: Partition; hindrance: string }[] = [];
  for (const partition of planDetaching(await listPartitions(db), retainDays, nowMs)) {
    const hindrance = partition.isPending ? null : await findHindranceAcrossTenants(db, partition);
    if (hindrance === null) detach.push(partition);
    else kept.push({ partition, hindrance });
  }
  return { detach, kept, detached: await listDetachedWeeks(db, dropPayloadsDays) };
}

async function retire(deps: PartitionKeeperDeps): Promise<void> {
  const { pool, clock, logger, connectionString, onOverdue, onRetired } = deps;
  const { detach, kept, detached } = await planRetention(pool, deps, clock.nowMs());
  for (const { partition, hindrance } of kept) {
    logger.warn('partition kept', { reason: `${partition.name}: ${hindrance}` });
  }
  for (const table of PARTITIONED) {
    onOverdue?.(table, kept.filter(({ partition }) => partition.parent === table).length);
  }
  const mark = detached.filter(({ detachedAtMs }) => detachedAtMs === null);
  const drop = detached.filter(({ isOver }) => isOver);
  if (detach.length + mark.length + drop.length === 0) return;
  await retirePartitions(connectionString, deps.detachTimeoutMs ?? DETACH_TIMEOUT_MS, {
    detach,
    mark,
    drop,
    onDetached: ({ parent, name }) => {
      logger.info('partition detached', { reason: name });
      onRetired?.(parent, 'detached');
    },
    onDropped: ({ name }) => {
      logger.info('partition dropped', { reason: name });
      onRetired?.('event_payloads', 'dropped');
    },
  });
}
