/** Story: a circuit whose time has come is asked, and lets one or two of the waiting deliveries find out. @module */
import { type DeliveryAttemptId, type EndpointId, newId } from '../base/ids.ts';
import { inTransaction } from '../db/transaction.ts';
import { askCircuit, type Circuit, type CircuitRules } from '../delivery/circuit.ts';
import {
  type LockedCircuit,
  listProbeableAcrossTenants,
  lockCircuitAcrossTenants,
  saveCircuitAcrossTenants,
} from '../delivery/circuit-store.ts';
import type { Circuits } from '../delivery/circuits.ts';
import type { ClaimDeps, Taken } from './claim.ts';
import { claimOfAcrossTenants } from './claim-store.ts';
import type { SendableJob } from './job.ts';
import type { Lane, Room, Shares } from './shares.ts';

/** Circuits that are not closed, looked at in one round. */
const SLICE = 500;

export class Probes {
  readonly #deps: ClaimDeps;
  readonly #circuits: Circuits;
  /** Where the next slice of circuits begins. */
  #after: EndpointId | null = null;

  constructor(deps: ClaimDeps, circuits: Circuits) {
    this.#deps = deps;
    this.#circuits = circuits;
  }

  /** Takes what may be probed of the next slice of circuits, within the free slots. */
  async round(start: (taken: Taken) => void): Promise<void> {
    const { pool, shares, clock, leaseMs } = this.#deps;
    const { halfOpenMaxRequests } = this.#circuits.rules;
    const slice = await listProbeableAcrossTenants(pool, this.#after, SLICE, halfOpenMaxRequests);
    this.#after = slice.next;
    for (const endpointId of slice.probeable) {
      const most = Math.min(halfOpenMaxRequests, shares.free);
      if (most <= 0) return;
      const leaseEndsMs = clock.monotonicMs() + leaseMs;
      const jobs = await this.#probe(endpointId, most);
      for (const job of jobs) {
        const lane: Lane = job.attemptNumber === 1 ? 'first' : 'again';
        start({ job, lane, leaseEndsMs });
      }
    }
  }

  // The lock on the circuit's row is the guard: whoever holds it sees all places that are taken. Places and claims are
  // committed together, each place with the end of its attempt's lease.
  async #probe(endpointId: EndpointId, most: number): Promise<SendableJob[]> {
    const { pool, clock, leaseMs, shares } = this.#deps;
    const { rules } = this.#circuits;
    try {
      const { jobs, isNew } = await inTransaction(pool, async (db) => {
        const locked = await lockCircuitAcrossTenants(db, endpointId);
        if (locked === null) throw new NothingToProbe();
        const places = takePlaces(locked, most, leaseMs, clock.nowMs(), rules);
        if (places === null) throw new NothingToProbe();
        const { circuit, attemptIds } = places;
        // Before the claim, which writes down the epoch that it sees.
        await saveCircuitAcrossTenants(db, endpointId, circuit);
        const claim = {
          attemptIds,
          leaseMs,
          nowMs: clock.nowMs(),
          room: roomOfProbes(shares, endpointId, most),
        };
        const claimed = await claimOfAcrossTenants(db, [endpointId], LANES, most, claim);
        if (claimed.length === 0) throw new NothingToProbe();
        if (claimed.length < attemptIds.length) {
          const used = new Set<string>(claimed.map((job) => job.deliveryAttemptId));
          const probes = circuit.probes.filter(
            ({ attemptId }) => used.has(attemptId) || !attemptIds.some((id) => id === attemptId),
          );
          await saveCircuitAcrossTenants(db, endpointId, { ...circuit, probes });
        }
        const permit = { epoch: circuit.epoch, isProbe: true };
        return {
          jobs: claimed.map((job) => ({ ...job, permit })),
          isNew: locked.circuit.kind !== 'half_open',
        };
      });
      if (isNew) this.#circuits.announce(endpointId, 'half_open');
      return jobs;
    } catch (error) {
      if (error instanceof NothingToProbe) return [];
      throw error;
    }
  }
}

const LANES: readonly Lane[] = ['first', 'again'];

// The circuit says how many probe: what the endpoint may hold by its failures would be fewer. What all together may
// hold that have not shown that they answer bounds probes too.
function roomOfProbes(shares: Shares, endpointId: EndpointId, most: number): Room {
  const room = shares.room();
  const endpoints = new Map([[endpointId, { left: most, isProven: false }]]);
  return { ...room, endpoints, perUnproven: Math.max(room.perUnproven, most) };
}

/** Rolls back: somebody else took the places, or what was due. */
class NothingToProbe extends Error {}

interface Places {
  readonly circuit: Extract<Circuit, { kind: 'half_open' }>;
  readonly attemptIds: readonly DeliveryAttemptId[];
}

function takePlaces(
  { circuit: before, nowMs }: LockedCircuit,
  most: number,
  leaseMs: number,
  idTimeMs: number,
  rules: CircuitRules,
): Places | null {
  // Closed by others in between: what waits goes by the ordinary way.
  if (before.kind === 'closed') return null;
  let circuit: Circuit = before;
  const attemptIds: DeliveryAttemptId[] = [];
  while (attemptIds.length < most) {
    const attemptId = newId<'delivery_attempt'>(idTimeMs);
    const asked = askCircuit(circuit, { attemptId, leaseUntilMs: nowMs + leaseMs }, nowMs, rules);
    if (asked.permit.kind === 'wait') break;
    circuit = asked.circuit;
    attemptIds.push(attemptId);
  }
  return attemptIds.length === 0 || circuit.kind !== 'half_open' ? null : { circuit, attemptIds };
}
