/** The circuit breaker by its states; time passes on a clock, and no state is ever set by hand. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/delivery/attempt.ts';
import {
  askCircuit,
  type Circuit,
  type CircuitResult,
  circuitResult,
  DEFAULT_RULES,
  newCircuit,
  type Permit,
  settleCircuit,
} from '../../src/delivery/circuit.ts';
import { ManualClock } from '../support/manual-clock.ts';

const LEASE_MS = 60_000;

/** An endpoint behind its circuit: deliveries ask, and come back with a result. */
class Endpoint {
  readonly clock = new ManualClock();
  circuit: Circuit = newCircuit();
  #attempts = 0;
  readonly #random: () => number;

  constructor(random: () => number = () => 0) {
    this.#random = random;
  }

  ask(): Permit & { attemptId: string } {
    this.#attempts += 1;
    const attemptId = `attempt-${this.#attempts}`;
    const nowMs = this.clock.nowMs();
    const attempt = { attemptId, leaseUntilMs: nowMs + LEASE_MS };
    const { circuit, permit } = askCircuit(this.circuit, attempt, nowMs);
    this.circuit = circuit;
    return { ...permit, attemptId };
  }

  /** A delivery that is let out; answers how to end it. */
  send(): (result: CircuitResult) => void {
    const permit = this.ask();
    if (permit.kind !== 'send') throw new Error('the circuit lets nothing out');
    const { attemptId, epoch } = permit;
    return (result) => {
      const settled = { attemptId, epoch, result };
      this.circuit = settleCircuit(this.circuit, settled, this.clock.nowMs(), this.#random);
    };
  }

  fail(times = 1): void {
    for (let i = 0; i < times; i++) this.send()('failure');
  }

  succeed(times = 1): void {
    for (let i = 0; i < times; i++) this.send()('success');
  }
}

function openEndpoint(random?: () => number): Endpoint {
  const endpoint = new Endpoint(random);
  endpoint.fail(5);
  expect(endpoint.circuit.kind).toBe('open');
  return endpoint;
}

function halfOpenEndpoint(): Endpoint {
  const endpoint = openEndpoint();
  endpoint.clock.advance(30_000);
  return endpoint;
}

it('circuit_transitions_open_to_half_open_after_timeout', () => {
  const endpoint = openEndpoint();
  endpoint.clock.advance(29_999);
  expect(endpoint.ask()).toMatchObject({ kind: 'wait', untilMs: endpoint.clock.nowMs() + 1 });
  expect(endpoint.circuit.kind).toBe('open');
  endpoint.clock.advance(1);
  expect(endpoint.ask().kind).toBe('send');
  expect(endpoint.circuit.kind).toBe('half_open');
});

it('half_open_probe_request_limits', () => {
  const endpoint = halfOpenEndpoint();
  const permits = Array.from({ length: 64 }, () => endpoint.ask());
  expect(permits.map(({ kind }) => kind)).toEqual(['send', 'send', ...Array(62).fill('wait')]);
  // One that was broken off by us says nothing, and gives its place back.
  const [first] = permits;
  const epoch = first?.kind === 'send' ? first.epoch : -1;
  const settled = { attemptId: first?.attemptId ?? '', epoch, result: 'neutral' } as const;
  endpoint.circuit = settleCircuit(endpoint.circuit, settled, endpoint.clock.nowMs(), () => 0);
  expect(endpoint.ask().kind).toBe('send');
  expect(endpoint.ask().kind).toBe('wait');
});

it('half_open_success_closes_circuit', () => {
  const endpoint = halfOpenEndpoint();
  const [first, second] = [endpoint.send(), endpoint.send()];
  first('success');
  expect(endpoint.circuit.kind).toBe('half_open');
  second('success');
  expect(endpoint.circuit).toMatchObject({ kind: 'closed', failuresInRow: 0, seconds: [] });
  // The counters begin anew.
  endpoint.fail(4);
  expect(endpoint.circuit.kind).toBe('closed');
  endpoint.fail();
  expect(endpoint.circuit.kind).toBe('open');
});

it('half_open_failure_reopens_circuit', () => {
  const endpoint = halfOpenEndpoint();
  const [first, second] = [endpoint.send(), endpoint.send()];
  first('success');
  endpoint.clock.advance(10_000);
  second('failure');
  expect(endpoint.circuit).toMatchObject({
    kind: 'open',
    probeAtMs: endpoint.clock.nowMs() + 30_000,
  });
  endpoint.clock.advance(29_999);
  expect(endpoint.ask().kind).toBe('wait');
  endpoint.clock.advance(1);
  expect(endpoint.ask().kind).toBe('send');
});

describe('a closed circuit', () => {
  it('opens after five failures in a row, not after four and a success', () => {
    const endpoint = new Endpoint();
    for (let i = 0; i < 3; i++) {
      endpoint.fail(4);
      endpoint.succeed();
    }
    expect(endpoint.circuit.kind).toBe('closed');
  });

  it('opens at half of twenty results within a minute', () => {
    const endpoint = new Endpoint();
    for (let i = 0; i < 9; i++) {
      endpoint.succeed();
      endpoint.fail();
    }
    endpoint.succeed();
    expect(endpoint.circuit.kind).toBe('closed');
    endpoint.fail();
    expect(endpoint.circuit.kind).toBe('open');
  });

  it('forgets what is older than a minute', () => {
    const endpoint = new Endpoint();
    for (let i = 0; i < 9; i++) {
      endpoint.succeed();
      endpoint.fail();
    }
    endpoint.clock.advance(60_000);
    endpoint.succeed();
    endpoint.fail();
    expect(endpoint.circuit).toMatchObject({
      kind: 'closed',
      seconds: [{ results: 2, failures: 1 }],
    });
  });

  it('keeps at most a minute of counts, and bears a clock that is set back', () => {
    const endpoint = new Endpoint();
    for (let i = 0; i < 500; i++) {
      endpoint.succeed();
      endpoint.clock.advance(1_000);
    }
    expect(endpoint.circuit.kind === 'closed' && endpoint.circuit.seconds.length).toBe(60);
    endpoint.clock.set(0);
    endpoint.succeed();
    expect(endpoint.circuit.kind === 'closed' && endpoint.circuit.seconds.length).toBe(60);
  });
});

describe('results of an earlier epoch', () => {
  it('open nothing and close nothing', () => {
    const endpoint = new Endpoint();
    const slow = Array.from({ length: 64 }, () => endpoint.send());
    endpoint.fail(5);
    for (const end of slow.splice(0, 30)) end('success');
    expect(endpoint.circuit.kind).toBe('open');
    endpoint.clock.advance(30_000);
    const probe = endpoint.send();
    for (const end of slow.splice(0, 30)) end('success');
    expect(endpoint.circuit).toMatchObject({ kind: 'half_open', successes: 0 });
    for (const end of slow) end('failure');
    expect(endpoint.circuit.kind).toBe('half_open');
    probe('success');
    endpoint.succeed();
    expect(endpoint.circuit.kind).toBe('closed');
    probe('failure');
    expect(endpoint.circuit).toMatchObject({ failuresInRow: 0 });
  });
});

describe('a probe that is never heard of again', () => {
  it('frees its place when its lease ends', () => {
    const endpoint = halfOpenEndpoint();
    endpoint.send();
    endpoint.send();
    endpoint.clock.advance(LEASE_MS - 1);
    expect(endpoint.ask()).toMatchObject({ kind: 'wait', untilMs: endpoint.clock.nowMs() + 1 });
    endpoint.clock.advance(1);
    endpoint.succeed(2);
    expect(endpoint.circuit.kind).toBe('closed');
  });

  it('counts as failed when it is settled as unknown, and not as a success', () => {
    const endpoint = halfOpenEndpoint();
    const lost = endpoint.send();
    endpoint.clock.advance(LEASE_MS);
    endpoint.send();
    lost('success');
    expect(endpoint.circuit).toMatchObject({ kind: 'half_open', successes: 0 });
    lost('failure');
    expect(endpoint.circuit.kind).toBe('open');
  });
});

it('waits up to a tenth longer, so that processes do not probe together', () => {
  const endpoint = openEndpoint(() => 0.999_999);
  const { circuit, clock } = endpoint;
  expect(circuit.kind === 'open' && circuit.probeAtMs - clock.nowMs()).toBe(32_999);
});

it('has the rules that are documented', () => {
  expect(DEFAULT_RULES).toEqual({
    failuresInRow: 5,
    leastResults: 20,
    failureShare: 0.5,
    windowS: 60,
    openTimeoutMs: 30_000,
    halfOpenMaxRequests: 2,
    successesToClose: 2,
  });
});

describe('what counts', () => {
  const answered = (status: number) => ({ kind: 'rejected', status }) as Outcome;

  it.each([200, 204, 301, 400, 401, 404, 410, 425, 499])('%i: the host is there', (status) => {
    expect(circuitResult(answered(status))).toBe('success');
  });

  it.each([408, 429, 500, 503, 599, 999])('%i: it is not well', (status) => {
    expect(circuitResult(answered(status))).toBe('failure');
  });

  it.each([
    ['dns', 'failure'],
    ['connect', 'failure'],
    ['tls', 'failure'],
    ['timeout', 'failure'],
    ['reset', 'failure'],
    ['protocol', 'failure'],
    ['blocked_address', 'neutral'],
    ['bad_url', 'neutral'],
    ['shutdown', 'neutral'],
  ] as const)('%s: %s', (error, expected) => {
    expect(circuitResult({ kind: 'failed', error, peerAddress: null })).toBe(expected);
  });

  it('an outcome that nobody knows is a failure', () => {
    expect(circuitResult(null)).toBe('failure');
  });
});
