/** A worker thread of a large run: takes batches of packages, gives back their results. Source of truth: verifier-ux 2.5. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { type AnchorEvidence, anchorChecker } from '@kapsel/verification';
import type { Item } from './inputs/item.ts';
import type { PinnedKey } from './pinned-keys.ts';
import type { Requirements } from './requirements.ts';
import { witnessesWanted } from './requirements.ts';
import { type Result, resultFromItem, type Settings } from './result.ts';
import { trustWithWitnesses } from './witness-trust.ts';

/** Settings that can be sent to another thread: keys instead of the trust made of them. */
export interface WorkerSettings {
  readonly keys: readonly PinnedKey[];
  readonly nowMs: number;
  readonly requirements: Requirements;
  readonly evidence: AnchorEvidence;
  readonly wantsDigest: boolean;
}

/** The settings of a run, as every thread makes them for itself. */
export function settingsFromKeys(settings: WorkerSettings, wantsBytes: boolean): Settings {
  const { keys, nowMs, requirements, evidence, wantsDigest } = settings;
  const trust = trustWithWitnesses(keys, witnessesWanted(requirements.rules));
  const checkAnchors = anchorChecker(evidence);
  return { trust, nowMs, requirements, checkAnchors, wantsDigest, wantsBytes };
}

/** Answers batches until the thread is ended. */
export function serveWorker(): void {
  const settings = settingsFromKeys(workerData as WorkerSettings, false);
  parentPort?.on('message', (batch: readonly Item[]) => {
    parentPort?.postMessage(batch.map((item) => withoutSteps(resultFromItem(item, settings))));
  });
}

/** The steps are made when they are read: nobody reads them in a large run, so they are not sent. */
function withoutSteps(result: Result): Result {
  const { verdict, levels, checks, claims, tree, key, anchors } = result.report;
  const report = { verdict, levels, checks, claims, tree, key, anchors, steps: [] };
  return { ...result, report };
}
