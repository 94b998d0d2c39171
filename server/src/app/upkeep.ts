/** Wires what runs beside the traffic: the audit of all logs, the export of their tiles, and the upkeep of secrets; their news go to log lines and metrics. @module */
import type { Pool } from 'pg';
import { startExporter } from '../attestation/exporter.ts';
import { openSink, parseSinkPlace } from '../attestation/sink-place.ts';
import { SinkError, type TileSink } from '../attestation/tile-sink.ts';
import { startAuditor } from '../audit/auditor.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Config, ConfigError } from '../base/config.ts';
import type { Sealer } from '../base/seal.ts';
import { startSecretKeeper } from '../endpoints/secret-keeper.ts';
import { startLinkSweep } from '../proofs/sweep-links.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { s3Settings } from './head-place.ts';

export interface UpkeepDeps {
  readonly config: Config;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sealer: Sealer;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Upkeep {
  /** Ends the slice and the copy that are under way. */
  stop(): Promise<void>;
}

/** Throws ConfigError for a sink that cannot be opened, with nothing running. */
export function startUpkeep(deps: UpkeepDeps): Upkeep {
  const sink = openConfiguredSink(deps);
  const parts = [
    startAudit(deps),
    startKeeper(deps),
    sink === null ? null : startExport(deps, sink),
    startSweep(deps),
  ];
  return {
    async stop() {
      await Promise.all(parts.map((part) => part?.stop()));
      await sink?.close();
    },
  };
}

/** Throws ConfigError where the export cannot be as the settings say. Opens nothing. */
export function assertExportSettings(config: Config): void {
  // A sink opens its connections when it is used; this one never is.
  openConfiguredSink({ config, clock: systemClock, random: () => 0 });
}

/** The sink that KAPSEL_EXPORT_URL names, or null; opens no connection. Throws ConfigError. */
export function openConfiguredSink(
  { config, clock, random }: Pick<UpkeepDeps, 'config' | 'clock' | 'random'>,
  url: string | null = config.exportUrl,
): TileSink | null {
  if (url === null) return null;
  try {
    return openSink(parseSinkPlace(url), s3Settings(config), { clock, random });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be used';
    throw new ConfigError([error instanceof SinkError ? message : `KAPSEL_EXPORT_URL ${message}`]);
  }
}

function startAudit({ config, pool, clock, logger, metrics }: UpkeepDeps): Upkeep | null {
  if (config.auditIntervalMs === 0) return null;
  return startAuditor({
    pool,
    clock,
    intervalMs: config.auditIntervalMs,
    pauseMs: config.auditPauseMs,
    onChecked: (leaves) => metrics.auditCheckedLeaves.inc({}, leaves),
    onPass: ({ origin, treeSize }, endedMs) => {
      metrics.auditLastPass.set({ log: origin }, endedMs / 1_000);
      logger.debug('log audited', { log: origin, tree_size: treeSize });
    },
    onContradiction: ({ log, where, at, want, got }) => {
      metrics.consistencyFailures.inc({});
      logger.error('log contradiction', { log, where, at, want, got });
    },
    onError: (error) => logger.error('audit failed', { error }),
  });
}

function startSweep({ pool, clock, logger }: UpkeepDeps): Upkeep {
  return startLinkSweep({
    pool,
    clock,
    onSwept: (count) => logger.debug('share links forgotten', { count }),
    onError: (error) => logger.error('forgetting share links failed', { error }),
  });
}

function startKeeper({ pool, sealer, clock, logger }: UpkeepDeps): Upkeep {
  return startSecretKeeper({
    pool,
    sealer,
    clock,
    onSealedAgain: (count) => logger.info('secrets sealed again', { count }),
    onPaired: (count) => logger.info('endpoints given signing secrets', { count }),
    onError: (error) => logger.error('keeping secrets failed', { error }),
  });
}

function startExport(deps: UpkeepDeps, sink: TileSink): Upkeep {
  const { config, pool, clock, logger, metrics } = deps;
  return startExporter({
    pool,
    clock,
    sink,
    intervalMs: config.exportIntervalMs,
    named: config.exportLogs,
    onExported: ({ origin }, { treeSize, tiles }) => {
      metrics.exportedSize.set({ log: origin }, treeSize);
      logger.debug('tiles exported', { log: origin, tree_size: treeSize, count: tiles });
    },
    onError: (log, error) =>
      logger.error('export failed', { ...(log === null ? {} : { log: log.origin }), error }),
  });
}
