/** The circuit breaker under any order of deliveries, results and time. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  askCircuit,
  type Circuit,
  type CircuitResult,
  newCircuit,
  settleCircuit,
} from '../../src/delivery/circuit.ts';

const LEASE_MS = 45_000;
const MINUTE_S = 60;

type Step =
  | { readonly kind: 'ask' }
  | { readonly kind: 'settle'; readonly which: number; readonly result: CircuitResult }
  | { readonly kind: 'wait'; readonly ms: number };

const result = (failures: number) =>
  fc.oneof(
    { weight: failures, arbitrary: fc.constant<CircuitResult>('failure') },
    { weight: 10, arbitrary: fc.constant<CircuitResult>('success') },
    { weight: 1, arbitrary: fc.constant<CircuitResult>('neutral') },
  );

const steps = fc.integer({ min: 1, max: 30 }).chain((failures) =>
  fc.array<Step>(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant<Step>({ kind: 'ask' }) },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('settle' as const),
          which: fc.nat(10),
          result: result(failures),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }),
      },
    ),
    { maxLength: 300 },
  ),
);

/** The rule of the closed state in its plainest form: all results since it closed, counted anew each time. */
class PlainCounts {
  #results: { second: number; isFailure: boolean }[] = [];

  opensAfter(isFailure: boolean, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    this.#results.push({ second, isFailure });
    const last = this.#results.slice(-5);
    if (last.length === 5 && last.every((each) => each.isFailure)) return true;
    const recent = this.#results.filter((each) => each.second > second - MINUTE_S);
    return (
      recent.length >= 20 && recent.filter((each) => each.isFailure).length * 2 >= recent.length
    );
  }
}

interface Flight {
  readonly attemptId: string;
  readonly epoch: number;
  readonly untilMs: number;
}

it('follows its rules, whatever comes', () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 0, max: 0.999, noNaN: true }), (list, luck) => {
      let circuit: Circuit = newCircuit();
      let counts = new PlainCounts();
      let nowMs = 1_000_000;
      let openedAtMs = 0;
      const flights: Flight[] = [];
      for (const [i, step] of list.entries()) {
        const before = circuit;
        if (step.kind === 'wait') {
          nowMs += step.ms;
          continue;
        }
        if (step.kind === 'ask') {
          const attempt = { attemptId: `a${i}`, leaseUntilMs: nowMs + LEASE_MS };
          const asked = askCircuit(circuit, attempt, nowMs);
          circuit = asked.circuit;
          if (asked.permit.kind === 'send') {
            flights.push({
              attemptId: attempt.attemptId,
              epoch: asked.permit.epoch,
              untilMs: attempt.leaseUntilMs,
            });
            expect(asked.permit.epoch).toBe(circuit.epoch);
          } else {
            expect(asked.permit.untilMs).toBeGreaterThan(nowMs);
          }
          // By time alone, and never before it.
          if (before.kind === 'open') {
            expect(circuit.kind).toBe(nowMs >= before.probeAtMs ? 'half_open' : 'open');
            if (circuit.kind === 'half_open')
              expect(nowMs - openedAtMs).toBeGreaterThanOrEqual(30_000);
            if (circuit.kind === 'half_open')
              expect(nowMs).toBeGreaterThanOrEqual(before.probeAtMs);
          }
          if (circuit.kind === 'half_open') {
            const { epoch } = circuit;
            const probing = flights.filter((each) => each.epoch === epoch && each.untilMs > nowMs);
            expect(probing.length).toBeLessThanOrEqual(2);
          }
        } else {
          const [flight] = flights.splice(step.which % Math.max(flights.length, 1), 1);
          if (flight === undefined) continue;
          circuit = settleCircuit(circuit, { ...flight, result: step.result }, nowMs, () => luck);
          if (flight.epoch !== before.epoch) {
            expect(circuit).toBe(before);
          } else if (before.kind === 'closed' && step.result !== 'neutral') {
            const shouldOpen = counts.opensAfter(step.result === 'failure', nowMs);
            expect(circuit.kind).toBe(shouldOpen ? 'open' : 'closed');
          } else if (before.kind === 'half_open' && step.result === 'failure') {
            expect(circuit.kind).toBe('open');
          }
        }
        expect(circuit.epoch - before.epoch).toBe(circuit.kind === before.kind ? 0 : 1);
        if (circuit.kind === 'open' && before.kind !== 'open') {
          openedAtMs = nowMs;
          expect(circuit.probeAtMs - nowMs).toBeGreaterThanOrEqual(30_000);
          expect(circuit.probeAtMs - nowMs).toBeLessThan(33_000);
        }
        if (circuit.kind === 'closed') expect(circuit.seconds.length).toBeLessThanOrEqual(MINUTE_S);
        if (circuit.kind === 'closed' && before.kind !== 'closed') counts = new PlainCounts();
      }
    }),
    { seed: 20_260_101, numRuns: 500 },
  );
});
