/** What attempts are settled with, over the rooms' worker pool. @module */
import { systemClock } from '../../src/base/clock.ts';
import { type CircuitRules, DEFAULT_RULES } from '../../src/delivery/circuit.ts';
import { Circuits, type CircuitsDeps } from '../../src/delivery/circuits.ts';
import { createOutgoingFinder } from '../../src/endpoints/outgoing.ts';
import type { SettleDeps } from '../../src/queue/settle.ts';
import type { WorkerDeps } from '../../src/queue/worker.ts';
import { TEST_SEALER } from './api.ts';
import { type Journal, openJournal } from './journal.ts';
import type { Rooms } from './rooms.ts';

/** Circuits that count for themselves, as those of one process do. */
export function circuitsOf(
  rooms: Pick<Rooms, 'pools'>,
  rules: Partial<CircuitRules> = {},
  change: Partial<CircuitsDeps> = {},
): Circuits {
  return new Circuits({
    pool: rooms.pools.worker,
    clock: systemClock,
    random: () => 0,
    rules: { ...DEFAULT_RULES, ...rules },
    onCircuit: () => undefined,
    ...change,
  });
}

export function settlingOf(
  rooms: Pick<Rooms, 'pools'>,
  journal: Journal = openJournal(),
): SettleDeps & Pick<WorkerDeps, 'findOutgoing'> {
  const pool = rooms.pools.worker;
  const findOutgoing = createOutgoingFinder({
    pool,
    sealer: TEST_SEALER,
    clock: systemClock,
    onUnreadable: (endpointId, error) =>
      journal.error('secrets of an endpoint do not open', { endpoint_id: endpointId, error }),
  });
  return { pool, logger: journal, circuits: circuitsOf(rooms), findOutgoing };
}
