/** Builds every room, hands it what it needs, and starts and stops the loops. @module */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { hexFromBytes } from '@kapsel/verification';
import { planAnchors, startAnchors } from './app/anchoring.ts';
import { assertDurable, assertWalls } from './app/assertions.ts';
import { startDelivering } from './app/delivering.ts';
import { type EgressRules, rulesFromConfig } from './app/egress.ts';
import { LeafTraces } from './app/leaf-traces.ts';
import { startMeasuring } from './app/measuring.ts';
import { startPublishing } from './app/publishing.ts';
import { startRating } from './app/rating.ts';
import { startReading } from './app/reading.ts';
import { startUpkeep } from './app/upkeep.ts';
import { findNewestHead } from './attestation/head-store.ts';
import { startSequencer } from './attestation/sequencer.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { openSecretKeys, parseSecretKey } from './base/secret-key.ts';
import { retentionRules, startPartitionKeeper } from './db/partition-keeper.ts';
import { closePools, openPools, type Pools, poolOptions } from './db/pools.ts';
import { createDeliveryClient } from './delivery/connector.ts';
import { openSealer } from './endpoints/open-sealer.ts';
import { cursorKeyFromSecret } from './http/cursor.ts';
import { listen, readPages, urlOf } from './http/listening.ts';
import type { Phase } from './http/routes/route-deps.ts';
import { createHttpServer } from './http/server.ts';
import { startIngest } from './ingest/start-ingest.ts';
import { KeyPlaces } from './keys/key-places.ts';
import { createKeyRing, openLogSigner } from './keys/key-ring.ts';
import { keySettings } from './keys/key-settings.ts';
import { ensureSharedLog } from './logs/ensure-shared.ts';
import { openProofCache } from './proofs/cache.ts';
import { shareKeyFromSecret } from './proofs/share-token.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { openTracing } from './telemetry/tracing.ts';
import { createFirstTenant } from './tenants/create-first.ts';

export interface AppDeps {
  readonly config: Config;
  readonly connectionString: string;
  /** Past any pooler; the same one without it. */
  readonly directConnectionString?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the logger tells everything at the moment. */
  readonly isDebug?: () => boolean;
  readonly random: () => number;
}

/** A server that takes requests. */
export interface App {
  readonly url: string;
  readonly origin: string;
  /** Ed25519 key of the shared log, 64 hex characters; null while it has none (see `openLogSigner`). */
  readonly publicKey: string | null;
  /** The first tenant's key, at the first start of a database only. Show it once, store it nowhere. */
  readonly firstApiKey: string | null;
  /** Takes no more requests, finishes what was begun, and closes everything. */
  stop(): Promise<void>;
}

/** Starts a server on a migrated database. Throws, with everything closed again, when it cannot. */
export async function startApp(deps: AppDeps): Promise<App> {
  const { logger } = deps;
  const rules = rulesFromConfig(deps.config);
  const pools = openPools(
    deps.connectionString,
    (error) => logger.warn('idle database connection lost', { error }),
    poolOptions(deps.config),
  );
  try {
    return await startRooms(deps, pools, rules);
  } catch (error) {
    await closePools(pools);
    throw error;
  }
}

async function startRooms(deps: AppDeps, pools: Pools, rules: EgressRules): Promise<App> {
  const { config, clock, logger, random } = deps;
  await assertDurable(config, pools);
  await assertWalls(config, pools);
  const anchorPlan = planAnchors(config);
  const pages = await readPages();
  const metrics = createMetrics();
  const tracing = openTracing();
  const leafTraces = new LeafTraces(tracing, clock);
  const origin = config.logOrigin ?? `kapsel.local/${randomBytes(4).toString('hex')}`;
  const log = await ensureSharedLog(pools.sequencer, origin, clock.nowMs());
  const places = new KeyPlaces(keySettings(config));
  const ring = createKeyRing(places);
  const signer = await openLogSigner(pools.sequencer, log, places, clock.nowMs());
  if (signer === null) logger.error('key rotation unfinished: heads wait', { log: log.origin });
  const pool = pools.sequencer;
  const [secretKey, ...formerKeys] = await openSecretKeys({
    secret: config.secretKey,
    command: config.secretKeyCommand,
    file: join(resolve(config.dataDir), 'secret-key'),
  });
  const otherKeys = config.otherSecretKeys.map((key) => parseSecretKey(key.reveal()));
  const sealer = await openSealer(pools.upkeep, secretKey, [...formerKeys, ...otherKeys]);
  const partitions = await startPartitionKeeper({
    pool,
    connectionString: deps.directConnectionString ?? deps.connectionString,
    clock,
    logger,
    ...retentionRules(config),
    onHeadroom: (table, days) => metrics.partitionHeadroom.set({ table }, days),
    onOverdue: (table, count) => metrics.partitionsOverdue.set({ table }, count),
    onRetired: (table, what) => metrics.partitionsRetired.inc({ table, what }),
  });
  const reading = startReading({ ...deps, pools, metrics });
  const proofs = openProofCache({
    pool: pools.reader,
    reads: reading.reads,
    clock,
    onRequest: (cache, result) => metrics.proofCacheRequests.inc({ cache, result }),
    onProof: (kind, seconds) => metrics.proofSeconds.observe({ kind }, seconds),
  });
  const publishing = await startPublishing({
    config,
    pool,
    readPool: pools.reader,
    clock,
    random,
    ring,
    logger,
    metrics,
    onHead: (logId, head) => {
      proofs.heads.publish(logId, head);
      leafTraces.noteSigned(logId, head);
    },
  }).catch(async (error: unknown) => {
    await partitions.stop();
    await reading.stop();
    throw error;
  });
  const client = createDeliveryClient({
    ...rules,
    // A delivery that has its slot does not wait for a connection.
    maxConnectionsPerOrigin: config.deliverySlots,
  });

  const sequencer = startSequencer({
    pool,
    clock,
    logger,
    intervalMs: config.sequenceIntervalMs,
    batch: config.sequenceBatch,
    onBatch: ({ added, treeSize, traceparents }, seconds, log) => {
      metrics.batchSize.observe({}, added);
      metrics.sequencingSeconds.observe({}, seconds);
      leafTraces.noteSequenced(log, treeSize, traceparents, seconds);
      publishing.wake();
    },
  });
  const measuring = startMeasuring({ pools, clock, logger, metrics });
  const delivering = startDelivering({
    config,
    pool: pools.worker,
    clock,
    client,
    sealer,
    random,
    logger,
    onSettled: (count) => sequencer.noteWaiting(count),
    tracing,
    onClaimed: measuring.onClaimed,
    onAttempt: measuring.onAttempt,
    onStale: measuring.onStaleSettlement,
    onCircuit: measuring.onCircuit,
  });

  const upkeep = startUpkeep({
    config,
    pool: pools.upkeep,
    clock,
    random,
    sealer,
    logger,
    metrics,
  });
  const anchors = startAnchors({
    plan: anchorPlan,
    pool: pools.upkeep,
    clock,
    random,
    rules,
    logger,
    metrics,
    // Where witnesses sign, what they signed is stamped: a package can then show both.
    headOf: async (logId) =>
      (await publishing.findWitnessedHead(logId)) ?? findNewestHead(pools.upkeep, logId),
  });

  const rating = startRating({ config, pool: pools.ingest, clock, logger, metrics });

  let phase: Phase = 'startup';
  const ingest = startIngest({
    pool: pools.ingest,
    sweepPool: pools.worker,
    clock,
    random,
    logger,
    sealer,
    bodyMemoryBytes: config.bodyMemory,
    onCommitted: () => delivering.wake(),
    takeIngestTokens: (tenantId, cost) => rating.rates.takeForTenant(tenantId, 'ingest', cost),
    onIngested: measuring.onIngested,
    onGroupCommit: measuring.onGroupCommit,
    tracing,
  });
  const http = createHttpServer(
    {
      pool: pools.reader,
      forTenant: reading.forTenant,
      operatorPool: pools.upkeep,
      readForTenant: reading.readForTenant,
      clock,
      log,
      ...ingest.door,
      rates: rating.rates,
      tiers: rating.tiers,
      trustedProxies: rating.trustedProxies,
      proofs,
      findWitnessedHead: publishing.findWitnessedHead,
      chain: anchorPlan.chain,
      shareKey: shareKeyFromSecret(secretKey),
      cursorKey: cursorKeyFromSecret(secretKey),
      publicUrl: config.publicUrl,
      destinationRules: rules,
      defaultMaxAttempts: config.maxAttempts,
      onEndpointChange: () => delivering.noteEndpointChange(),
      phase: () => phase,
      isSigning: () => publishing.isSigning(),
      ...pages,
      metrics,
      metricsToken: config.metricsToken,
      platformToken: config.platformToken,
      tracing,
      logsRequests: deps.isDebug ?? (() => false),
    },
    logger,
  );

  const stop = async (): Promise<void> => {
    phase = 'draining';
    await clock.sleep(config.shutdownDelayMs);
    await closeRooms();
    await closePools(pools);
  };
  const closeRooms = async (): Promise<void> => {
    // Side by side, because callers and destinations may each take their whole deadline.
    await Promise.all([
      http.close(),
      delivering.stop(),
      partitions.stop(),
      upkeep.stop(),
      anchors?.stop(),
      measuring.stop(),
    ]);
    await rating.stop();
    await reading.stop();
    await ingest.stop();
    await client.close();
    // What was delivered until now gets its place and its head before we go.
    await sequencer.stop();
    await publishing.finish();
  };

  let firstApiKey: string | null;
  try {
    await listen(http, config);
    // Last, when nothing can keep the key any more from whoever is to be shown it.
    firstApiKey = await createFirstTenant(pools.upkeep, clock.nowMs());
  } catch (error) {
    await closeRooms();
    throw error;
  }
  phase = 'serving';
  return {
    url: urlOf(http, config.host),
    origin: log.origin,
    publicKey: signer === null ? null : hexFromBytes(signer.publicKey),
    firstApiKey,
    stop,
  };
}
