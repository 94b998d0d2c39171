/**
 * Story: each result is counted for its endpoint's circuit, and what changes is shared with all servers.
 *
 * A closed circuit is counted in the memory of each process: results of one endpoint on several servers do not add up,
 * so n servers may together see n times as many failures before the first of them opens it. From then on the row in the
 * database decides for all of them; memory is never asked whether a circuit is open.
 * @module
 */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import { inTransaction } from '../db/transaction.ts';
import {
  type Circuit,
  type CircuitResult,
  type CircuitRules,
  newCircuit,
  openForMs,
  settleCircuit,
} from './circuit.ts';
import {
  lockCircuitAcrossTenants,
  openCircuitAcrossTenants,
  saveCircuitAcrossTenants,
} from './circuit-store.ts';

export type CircuitState = Circuit['kind'];

/** Of a request that left: what it may change. */
export interface ChargedAttempt {
  readonly attemptId: string;
  readonly endpointId: EndpointId;
  readonly tenantId: TenantId;
  /** In which it was permitted. */
  readonly epoch: number;
  readonly isProbe: boolean;
}

export interface CircuitsDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly rules: CircuitRules;
  /** Told by the process that made the change, after its commit. */
  readonly onCircuit: (endpointId: EndpointId, state: CircuitState) => void;
}

/** Beyond it the endpoint that was longest without a result is counted anew. */
const MAX_COUNTED = 20_000;

export class Circuits {
  readonly #deps: CircuitsDeps;
  /** Owned here: closed circuits alone, oldest result first. */
  readonly #closed = new Map<EndpointId, Circuit>();

  constructor(deps: CircuitsDeps) {
    this.#deps = deps;
  }

  get rules(): CircuitRules {
    return this.#deps.rules;
  }

  /** A change that was committed elsewhere: the first probe of an open circuit. */
  announce(endpointId: EndpointId, state: CircuitState): void {
    this.#deps.onCircuit(endpointId, state);
  }

  /** Null when nothing changes; else resolves when the change is committed. */
  settle(attempt: ChargedAttempt, result: CircuitResult): Promise<void> | null {
    if (attempt.isProbe) return this.#settleProbe(attempt, result);
    return this.#counts(attempt, result) ? this.#open(attempt) : null;
  }

  async #open({ endpointId, tenantId, epoch }: ChargedAttempt): Promise<void> {
    const { pool, random, rules, onCircuit } = this.#deps;
    const opening = { endpointId, tenantId, epoch, openForMs: openForMs(random, rules) };
    if (await openCircuitAcrossTenants(pool, opening)) onCircuit(endpointId, 'open');
  }

  /** True when this result opens the circuit. */
  #counts({ attemptId, endpointId, epoch }: ChargedAttempt, result: CircuitResult): boolean {
    const { clock, random, rules } = this.#deps;
    const known = this.#closed.get(endpointId);
    if (known !== undefined && epoch < known.epoch) return false;
    const before = known?.epoch === epoch ? known : newCircuit(epoch);
    const after = settleCircuit(before, { attemptId, epoch, result }, clock.nowMs(), random, rules);
    this.#closed.delete(endpointId);
    // Once opened, results of this epoch say nothing more: a fresh count of the next one refuses them.
    this.#closed.set(endpointId, after.kind === 'closed' ? after : newCircuit(after.epoch));
    if (this.#closed.size > MAX_COUNTED) {
      const [oldest] = this.#closed.keys();
      if (oldest !== undefined) this.#closed.delete(oldest);
    }
    return after.kind === 'open';
  }

  async #settleProbe(
    { attemptId, endpointId, epoch }: ChargedAttempt,
    result: CircuitResult,
  ): Promise<void> {
    const { pool, random, rules, onCircuit } = this.#deps;
    const changed = await inTransaction(pool, async (db) => {
      const locked = await lockCircuitAcrossTenants(db, endpointId);
      if (locked === null) return null;
      const settled = { attemptId, epoch, result };
      const after = settleCircuit(locked.circuit, settled, locked.nowMs, random, rules);
      if (after === locked.circuit) return null;
      await saveCircuitAcrossTenants(db, endpointId, after);
      return after.kind === locked.circuit.kind ? null : after.kind;
    });
    if (changed !== null) onCircuit(endpointId, changed);
  }
}
