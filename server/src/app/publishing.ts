/** Wires what publishes the logs: heads with their second place, and the witnesses; their news go to log lines and metrics. @module */
import type { Pool } from 'pg';
import { type HeadSigner, type SigningState, startHeadSigner } from '../attestation/head-signer.ts';
import type { PublishedHeads } from '../attestation/published-head.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import { type Config, ConfigError } from '../base/config.ts';
import type { LogId } from '../base/ids.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Log } from '../logs/log.ts';
import { haltLog } from '../logs/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { CosignResult } from '../witnesses/cosign.ts';
import { readWitnessPolicy, type Witnessing, WitnessPolicyError } from '../witnesses/policy.ts';
import { startWitnesses, type Witnesses } from '../witnesses/rounds.ts';
import { findNewestWitnessedHead } from '../witnesses/store.ts';
import { type HeadPlace, openHeadPlace } from './head-place.ts';

export interface PublishingDeps {
  readonly config: Config;
  readonly pool: Pool;
  /** For what callers wait for; signing must not wait behind them. */
  readonly readPool: Pool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ring: KeyRing;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Told of each head that this process signed. */
  readonly onHead: (logId: LogId, head: TreeHead) => void;
}

export interface Publishing {
  /** False while a log may not be signed: the database was set back, or somebody halted the log. */
  isSigning(): boolean;
  /** The newest head, of at most so many leaves, that the quorum of the operator's policy signed; null without a policy. */
  findWitnessedHead(logId: LogId, atMost?: number): Promise<TreeHead | null>;
  /** Looks for what is to be signed soon. */
  wake(): void;
  /** Signs what is committed, then ends everything. Never rejects. */
  finish(): Promise<void>;
}

/**
 * Throws HeadConflict, with nothing running, when the database is behind what was published: by the second place, or by
 * what a witness cosigned. Throws ConfigError for a policy that cannot be used.
 */
export async function startPublishing(deps: PublishingDeps): Promise<Publishing> {
  const { config, readPool } = deps;
  const witnessing = await readWitnessing(config.witnessPolicyFile);
  // Before the first head is signed: a witness may know of one that the second place lost.
  const witnesses = witnessing === null ? null : await startRounds(deps, witnessing);
  let place: HeadPlace | null = null;
  let signer: HeadSigner;
  try {
    place = await openHeadPlace(config, deps.clock);
    signer = await startSigning(deps, place.published);
  } catch (error) {
    await witnesses?.stop();
    await place?.close();
    throw error;
  }
  const { close } = place;
  return {
    isSigning: () => signer.refusals().length === 0,
    findWitnessedHead: async (logId, atMost) =>
      witnessing === null
        ? null
        : findNewestWitnessedHead(readPool, logId, witnessing.policy, atMost),
    wake: () => signer.wake(),
    async finish() {
      await signer.stop();
      await signer.finish();
      await witnesses?.stop();
      await close();
    },
  };
}

function startSigning(deps: PublishingDeps, published: PublishedHeads): Promise<HeadSigner> {
  const { config, pool, clock, ring, logger, metrics } = deps;
  return startHeadSigner({
    pool,
    clock,
    ring,
    published,
    pace: { growingMs: config.headIntervalMs, idleMs: config.idleHeadIntervalMs },
    tickMs: config.sequenceIntervalMs,
    onHead: (log, head) => {
      logger.info('tree head signed', { log: log.origin, tree_size: head.treeSize });
      deps.onHead(log.id, head);
    },
    onRefused: (log, error) => logger.error('signing refused', { log: log.origin, error }),
    onError: (log, error) =>
      logger.error('signing failed', { ...(log === null ? {} : { log: log.origin }), error }),
    onState: (state) => reportState(metrics, state),
  });
}

function reportState(metrics: Metrics, state: SigningState): void {
  const labels = { log: state.log.origin };
  metrics.unsignedLeaves.set(labels, state.unsignedLeaves);
  metrics.logHalted.set(labels, state.refusal === 'halted' ? 1 : 0);
  metrics.logRolledBack.set(labels, state.refusal === null || state.refusal === 'halted' ? 0 : 1);
  if (state.headAgeMs !== null) metrics.headAge.set(labels, state.headAgeMs / 1_000);
}

/** Throws ConfigError where the policy cannot be used. Asks nobody. */
export async function assertWitnessSettings(config: Config): Promise<void> {
  await readWitnessing(config.witnessPolicyFile);
}

async function readWitnessing(path: string | null): Promise<Witnessing | null> {
  if (path === null) return null;
  try {
    return await readWitnessPolicy(path);
  } catch (error) {
    if (!(error instanceof WitnessPolicyError)) throw error;
    throw new ConfigError([`KAPSEL_WITNESS_POLICY ${error.message}`]);
  }
}

async function startRounds(deps: PublishingDeps, witnessing: Witnessing): Promise<Witnesses> {
  const { config, pool, clock, random, logger } = deps;
  return startWitnesses({
    pool,
    clock,
    random,
    witnessing,
    intervalMs: config.witnessIntervalMs,
    timeoutMs: config.witnessTimeoutMs,
    onResult: (log, witness, result) => reportResult(deps, log, witness, result),
    onAlarm: (log, conflict) => {
      logger.error('a witness is ahead of the database', { log: log.origin, error: conflict });
      // All processes stop with it. One that fails to say so asks the witness again in its next round.
      haltLog(pool, log.id, conflict.message).catch((error: unknown) =>
        logger.error('halting failed', { log: log.origin, error }),
      );
    },
    onError: (error) => logger.error('asking witnesses failed', { error }),
  });
}

const RESULT_LABELS = {
  cosigned: 'cosigned',
  alarm: 'conflict',
  conflict: 'conflict',
  refused: 'refused',
  invalid: 'invalid',
  unreachable: 'unreachable',
} as const;

function reportResult(
  { logger, metrics }: PublishingDeps,
  { origin }: Log,
  witness: string,
  result: CosignResult,
): void {
  if (result.kind === 'overtaken') return;
  metrics.cosignatures.inc({ witness, result: RESULT_LABELS[result.kind] });
  const fields = { log: origin, reason: `${witness}: ${reasonOf(result)}` };
  if (result.kind === 'cosigned') logger.debug('head cosigned', fields);
  else if (result.kind === 'conflict') logger.error('head not cosigned', fields);
  else logger.warn('head not cosigned', fields);
}

function reasonOf(result: CosignResult): string {
  if (result.kind === 'refused') return `refused with status ${result.status}`;
  if (result.kind === 'invalid') return `answered ${result.reason}`;
  if (result.kind === 'conflict') return 'says that it holds another root of this size';
  return result.kind;
}
