/** The circuit breaker of an endpoint: when to stop sending, when to try again, and what counts. A pure state machine. @module */
import type { Outcome } from './attempt.ts';

/**
 *            5 failures in a row, or half of 20 in 60 s
 *     closed ───────────────────────────────────────────> open
 *       ^                                                 │  ^
 *       │ 2 probes succeed             30 s pass, and     │  │ 1 probe fails
 *       │                              somebody asks      v  │
 *       └──────────────────────────────────────────── half-open
 *
 * Each change counts the epoch up. A result belongs to the epoch in which its request left, and one of an earlier
 * epoch says nothing any more: a slow success from before the opening must not close the circuit.
 */
export type Circuit =
  | {
      readonly kind: 'closed';
      readonly epoch: number;
      readonly failuresInRow: number;
      /** Oldest first; seconds without results are left out, so never more than the window has seconds. */
      readonly seconds: readonly SecondCount[];
    }
  | { readonly kind: 'open'; readonly epoch: number; readonly probeAtMs: number }
  | {
      readonly kind: 'half_open';
      readonly epoch: number;
      /** Those in flight. */
      readonly probes: readonly Probe[];
      readonly successes: number;
    };

interface SecondCount {
  readonly second: number;
  readonly results: number;
  readonly failures: number;
}

interface Probe {
  readonly attemptId: string;
  /** When its lease ends: whoever sends it may have died, and its place is free again. */
  readonly untilMs: number;
}

export interface CircuitRules {
  readonly failuresInRow: number;
  readonly leastResults: number;
  readonly failureShare: number;
  readonly windowS: number;
  readonly openTimeoutMs: number;
  readonly halfOpenMaxRequests: number;
  readonly successesToClose: number;
}

export const DEFAULT_RULES: CircuitRules = {
  failuresInRow: 5,
  leastResults: 20,
  failureShare: 0.5,
  windowS: 60,
  openTimeoutMs: 30_000,
  halfOpenMaxRequests: 2,
  successesToClose: 2,
};

// Processes that opened together should not all probe at the same moment.
const JITTER_SHARE = 0.1;

/** May a request leave? With a permit comes its epoch, to be handed back with the result. */
export type Permit =
  | { readonly kind: 'send'; readonly epoch: number }
  | { readonly kind: 'wait'; readonly untilMs: number };

/** `neutral`: it failed, or was broken off, for reasons that say nothing about the host. */
export type CircuitResult = 'success' | 'failure' | 'neutral';

export interface Settled {
  readonly attemptId: string;
  readonly epoch: number;
  readonly result: CircuitResult;
}

export function newCircuit(epoch = 0): Circuit {
  return { kind: 'closed', epoch, failuresInRow: 0, seconds: [] };
}

/** Before each request. Only here an open circuit becomes half-open: by time, and by nothing else. */
export function askCircuit(
  circuit: Circuit,
  attempt: { readonly attemptId: string; readonly leaseUntilMs: number },
  nowMs: number,
  rules: CircuitRules = DEFAULT_RULES,
): { readonly circuit: Circuit; readonly permit: Permit } {
  switch (circuit.kind) {
    case 'closed':
      return { circuit, permit: { kind: 'send', epoch: circuit.epoch } };
    case 'open': {
      if (nowMs < circuit.probeAtMs) {
        return { circuit, permit: { kind: 'wait', untilMs: circuit.probeAtMs } };
      }
      const epoch = circuit.epoch + 1;
      const halfOpen: Circuit = { kind: 'half_open', epoch, probes: [], successes: 0 };
      return askCircuit(halfOpen, attempt, nowMs, rules);
    }
    case 'half_open': {
      const probes = circuit.probes.filter(({ untilMs }) => untilMs > nowMs);
      if (probes.length >= rules.halfOpenMaxRequests) {
        const untilMs = Math.min(...probes.map((probe) => probe.untilMs));
        return { circuit: { ...circuit, probes }, permit: { kind: 'wait', untilMs } };
      }
      const probe: Probe = { attemptId: attempt.attemptId, untilMs: attempt.leaseUntilMs };
      return {
        circuit: { ...circuit, probes: [...probes, probe] },
        permit: { kind: 'send', epoch: circuit.epoch },
      };
    }
  }
}

/** After each request. `random` is from 0 inclusive to 1 exclusive. */
export function settleCircuit(
  circuit: Circuit,
  settled: Settled,
  nowMs: number,
  random: () => number,
  rules: CircuitRules = DEFAULT_RULES,
): Circuit {
  if (settled.epoch !== circuit.epoch) return circuit;
  switch (circuit.kind) {
    case 'closed':
      return settled.result === 'neutral'
        ? circuit
        : settleClosed(circuit, settled.result, nowMs, random, rules);
    case 'open':
      return circuit; // nothing leaves in this state, so no result belongs to it
    case 'half_open':
      return settleProbe(circuit, settled, nowMs, random, rules);
  }
}

function settleClosed(
  circuit: Circuit & { kind: 'closed' },
  result: 'success' | 'failure',
  nowMs: number,
  random: () => number,
  rules: CircuitRules,
): Circuit {
  const isFailure = result === 'failure';
  const failuresInRow = isFailure ? circuit.failuresInRow + 1 : 0;
  const seconds = countedIn(circuit.seconds, isFailure, nowMs, rules.windowS);
  const counted = { ...circuit, failuresInRow, seconds };
  return shouldOpen(counted, rules) ? opened(circuit.epoch, nowMs, random, rules) : counted;
}

function countedIn(
  seconds: readonly SecondCount[],
  isFailure: boolean,
  nowMs: number,
  windowS: number,
): SecondCount[] {
  const newest = seconds.at(-1);
  // A clock that was set back adds to the newest second instead of reopening an old one.
  const second = Math.max(Math.floor(nowMs / 1_000), newest?.second ?? 0);
  const kept = seconds.filter((each) => each.second > second - windowS);
  const before = kept.at(-1)?.second === second ? kept.pop() : undefined;
  kept.push({
    second,
    results: (before?.results ?? 0) + 1,
    failures: (before?.failures ?? 0) + (isFailure ? 1 : 0),
  });
  return kept;
}

function shouldOpen(circuit: Circuit & { kind: 'closed' }, rules: CircuitRules): boolean {
  if (circuit.failuresInRow >= rules.failuresInRow) return true;
  let [results, failures] = [0, 0];
  for (const each of circuit.seconds) {
    results += each.results;
    failures += each.failures;
  }
  return results >= rules.leastResults && failures >= results * rules.failureShare;
}

function settleProbe(
  circuit: Circuit & { kind: 'half_open' },
  { attemptId, result }: Settled,
  nowMs: number,
  random: () => number,
  rules: CircuitRules,
): Circuit {
  // Also that of a probe whose lease is over and whose place is taken: what became of it is unknown, and that counts.
  if (result === 'failure') return opened(circuit.epoch, nowMs, random, rules);
  const probes = circuit.probes.filter((probe) => probe.attemptId !== attemptId);
  // A success after its lease is fenced off elsewhere too: it was settled as lost.
  if (probes.length === circuit.probes.length) return circuit;
  const successes = circuit.successes + (result === 'success' ? 1 : 0);
  if (successes >= rules.successesToClose) return newCircuit(circuit.epoch + 1);
  return { ...circuit, probes, successes };
}

function opened(epoch: number, nowMs: number, random: () => number, rules: CircuitRules): Circuit {
  return { kind: 'open', epoch: epoch + 1, probeAtMs: nowMs + openForMs(random, rules) };
}

/** How long a circuit stays open before it may be probed. */
export function openForMs(random: () => number, { openTimeoutMs }: CircuitRules): number {
  return Math.floor(openTimeoutMs * (1 + JITTER_SHARE * random()));
}

const CHARGED_4XX: readonly number[] = [408, 429];
const NOT_OF_THE_HOST: ReadonlySet<string> = new Set([
  'blocked_address',
  'bad_url',
  'not_sent',
  'shutdown',
]);

/** Null stands for an attempt whose outcome nobody knows. A host that answers, whatever it says, is there. */
export function circuitResult(outcome: Outcome | null): CircuitResult {
  if (outcome === null) return 'failure';
  if (outcome.kind === 'failed') return NOT_OF_THE_HOST.has(outcome.error) ? 'neutral' : 'failure';
  const { status } = outcome;
  return status >= 500 || CHARGED_4XX.includes(status) ? 'failure' : 'success';
}
