/** Wires the reads: the replicas of DATABASE_READ_URLS before the primary, or the primary alone; lag goes to metrics and log lines. @module */
import type { Clock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { closePools, openPools, type Pools, poolOptions } from '../db/pools.ts';
import { primaryReads, type Reads } from '../db/reads.ts';
import { Replicas } from '../db/replicas.ts';
import { type ForTenant, type ReadForTenant, TenantDb } from '../db/tenant-db.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** A replica that hangs is given up after so long, and the primary asked; a primary that hangs counts as away. */
const TIMEOUT_MS = 2_000;

export interface Reading {
  /** Of what is public. */
  readonly reads: Reads;
  /** At the primary. */
  readonly forTenant: ForTenant;
  readonly readForTenant: ReadForTenant;
  stop(): Promise<void>;
}

export function startReading(deps: {
  readonly config: Config;
  readonly connectionString: string;
  readonly pools: Pools;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Reading {
  const { config, connectionString, pools, clock, logger, metrics } = deps;
  const forTenant: ForTenant = (tenantId) => new TenantDb(pools.api, tenantId);
  if (config.databaseReadUrls.length === 0) {
    return {
      reads: primaryReads(pools.reader),
      forTenant,
      readForTenant: (tenantId) => primaryReads(forTenant(tenantId)),
      stop: async () => undefined,
    };
  }
  const options = { ...poolOptions(config), timeoutMs: TIMEOUT_MS };
  const open = (url: string): Pools =>
    openPools(url, (error) => logger.warn('idle replica connection lost', { error }), options);
  const opened = config.databaseReadUrls.map(open);
  // A connection of its own: behind an audit that takes its time, beats would come late and say nothing.
  const beats = open(connectionString);
  const fresh = new Map<number, boolean>();
  const replicas = new Replicas({
    primary: beats.upkeep,
    replicas: opened,
    clock,
    maxLagMs: config.readMaxLagMs,
    onLag: (replica, seconds) => metrics.readReplicaLag.set({ replica: `${replica}` }, seconds),
    onFresh: (replica, isFresh) => {
      metrics.readReplicaFresh.set({ replica: `${replica}` }, isFresh ? 1 : 0);
      if ((fresh.get(replica) ?? false) === isFresh) return;
      fresh.set(replica, isFresh);
      const reason = `replica ${replica}`;
      if (isFresh) logger.info('replica is read from', { reason });
      else logger.warn('replica is not read from', { reason });
    },
    onRead: (from) => metrics.reads.inc({ from }),
    onError: (error) => logger.debug('measuring replicas failed', { error }),
  });
  return {
    reads: replicas.reads(pools.reader, ({ reader }) => reader),
    forTenant,
    readForTenant: (tenantId) =>
      replicas.reads(forTenant(tenantId), ({ api }) => new TenantDb(api, tenantId)),
    async stop() {
      await replicas.stop();
      await Promise.all([beats, ...opened].map(closePools));
    },
  };
}
