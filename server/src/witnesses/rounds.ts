/** Sends heads to witnesses in rounds: off the path of commits and heads, one in flight a witness, only on growth. @module */
import { hexFromBytes } from '@kapsel/verification';
import { findNewestHeadUntil } from '../attestation/head-store.ts';
import type { HeadConflict } from '../attestation/published-head.ts';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { Log } from '../logs/log.ts';
import { listLogs } from '../logs/store.ts';
import {
  type AskedWitness,
  type CosignDeps,
  type CosignResult,
  compareWithWitness,
  cosign,
} from './cosign.ts';
import { isWitnessed, type Witnessing } from './policy.ts';
import { createWitnessClient } from './witness-client.ts';

export interface WitnessDeps {
  readonly pool: CosignDeps['pool'];
  readonly clock: Clock;
  readonly random: () => number;
  readonly witnessing: Witnessing;
  /** One round each; all processes take the same head for a round, so that the witnesses sign one size. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** What came of each request. */
  readonly onResult: (log: Log, witness: string, result: CosignResult) => void;
  /** A witness has seen what the database lacks: the log must be halted. */
  readonly onAlarm: (log: Log, conflict: HeadConflict) => void;
  readonly onError: (error: unknown) => void;
}

export interface Witnesses {
  /** Ends the rounds and what is in flight. Never rejects. */
  stop(): Promise<void>;
}

/**
 * Asks every witness for the last head that it saw, then starts the rounds. Throws HeadConflict when one has seen more
 * than the database has. A witness that does not answer stops nothing.
 */
export async function startWitnesses(deps: WitnessDeps): Promise<Witnesses> {
  const rounds = new Rounds(deps);
  try {
    const [conflict] = await rounds.compareAll();
    if (conflict !== undefined) throw conflict;
  } catch (error) {
    await rounds.stop();
    throw error;
  }
  rounds.start();
  return rounds;
}

/** After a witness refused: when to try again, and never with the same size. Owned by `Rounds`. */
interface Patience {
  failures: number;
  notBeforeMs: number;
  refusedSize: number;
}

const LONGEST_WAIT_MS = 3_600_000;
const LONGEST_OUTAGE_WAIT_MS = 300_000;
const COMPARE_MS = 3_600_000;

class Rounds implements Witnesses {
  readonly #deps: WitnessDeps;
  readonly #asking: CosignDeps;
  readonly #patience = new Map<string, Patience>();
  /** One round at a time for each witness: a slow one misses rounds and holds up nobody. */
  readonly #busy = new Map<string, Promise<void>>();
  #loop: Loop | null = null;
  #isStopping = false;
  #comparedMs: number;

  constructor(deps: WitnessDeps) {
    this.#deps = deps;
    const client = createWitnessClient(deps.timeoutMs);
    this.#asking = { pool: deps.pool, client, witnesses: deps.witnessing.witnesses };
    this.#comparedMs = deps.clock.monotonicMs();
  }

  start(): void {
    const { clock, onError } = this.#deps;
    this.#loop = new Loop({ clock, step: () => this.#round(), onError });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#asking.client.close();
    await this.#loop?.stop();
    await Promise.all(this.#busy.values());
  }

  /** What witnesses have seen and the database lacks. */
  async compareAll(): Promise<HeadConflict[]> {
    const logs = await this.#logs();
    const found = await Promise.all(
      this.#asking.witnesses.map((witness) => this.#compare(witness, logs)),
    );
    return found.flat();
  }

  async #compare(witness: AskedWitness, logs: readonly Log[]): Promise<HeadConflict[]> {
    const conflicts: HeadConflict[] = [];
    for (const log of logs) {
      const result = await compareWithWitness(this.#asking, log, witness);
      if (result === null) continue;
      this.#deps.onResult(log, witness.name, result);
      if (result.kind === 'alarm') conflicts.push(result.conflict);
      // The others would wait for the same deadline.
      if (result.kind === 'unreachable') break;
    }
    return conflicts;
  }

  /** Starts a round for each witness that is free; answers the time until the next. */
  async #round(): Promise<number> {
    const { clock, intervalMs, random } = this.#deps;
    const nowMs = clock.nowMs();
    const slotMs = nowMs - (nowMs % intervalMs);
    const logs = await this.#logs();
    const isComparing = clock.monotonicMs() - this.#comparedMs >= COMPARE_MS;
    if (isComparing) this.#comparedMs = clock.monotonicMs();
    for (const witness of this.#asking.witnesses) {
      if (this.#busy.has(witness.name) || this.#isStopping) continue;
      const round = this.#ask(witness, logs, slotMs, isComparing)
        .catch((error: unknown) => this.#deps.onError(error))
        .finally(() => this.#busy.delete(witness.name));
      this.#busy.set(witness.name, round);
    }
    // A little beside the round, so that not all processes ask at once: the later ones find the lines stored.
    return slotMs + intervalMs - nowMs + random() * (intervalMs / 4);
  }

  async #ask(
    witness: AskedWitness,
    logs: readonly Log[],
    slotMs: number,
    isComparing: boolean,
  ): Promise<void> {
    for (const log of logs) {
      if (this.#isStopping) return;
      if (isComparing) await this.#alarmOf(log, witness);
      const patience = this.#patienceWith(witness, log);
      if (this.#deps.clock.monotonicMs() < patience.notBeforeMs) continue;
      const head = await findNewestHeadUntil(this.#deps.pool, log.id, slotMs);
      if (head === null || head.treeSize <= patience.refusedSize) continue;
      const result = await cosign(this.#asking, log, head, witness);
      if (this.#isStopping && result.kind === 'unreachable') return;
      this.#deps.onResult(log, witness.name, result);
      if (result.kind === 'alarm') this.#deps.onAlarm(log, result.conflict);
      this.#learn(patience, result, head.treeSize);
    }
  }

  async #alarmOf(log: Log, witness: AskedWitness): Promise<void> {
    const result = await compareWithWitness(this.#asking, log, witness);
    if (result === null) return;
    this.#deps.onResult(log, witness.name, result);
    if (result.kind === 'alarm') this.#deps.onAlarm(log, result.conflict);
  }

  #learn(patience: Patience, { kind }: CosignResult, treeSize: number): void {
    if (kind === 'cosigned' || kind === 'overtaken') {
      Object.assign(patience, { failures: 0, notBeforeMs: 0 });
      return;
    }
    const isOutage = kind === 'unreachable';
    // Refused heads stay refused. One that did not arrive may be sent again, and an alarm must not fall silent.
    if (!isOutage && kind !== 'alarm') patience.refusedSize = treeSize;
    const most = isOutage ? LONGEST_OUTAGE_WAIT_MS : LONGEST_WAIT_MS;
    const waitMs = Math.min(most, this.#deps.intervalMs * 2 ** Math.min(patience.failures, 20));
    patience.notBeforeMs = this.#deps.clock.monotonicMs() + waitMs;
    patience.failures += 1;
  }

  #patienceWith({ key }: AskedWitness, { id }: Log): Patience {
    const name = `${id} ${hexFromBytes(key.publicKey)}`;
    const patience = this.#patience.get(name) ?? { failures: 0, notBeforeMs: 0, refusedSize: 0 };
    this.#patience.set(name, patience);
    return patience;
  }

  async #logs(): Promise<Log[]> {
    const logs = await listLogs(this.#deps.pool);
    return logs.filter((log) => isWitnessed(this.#deps.witnessing, log));
  }
}
