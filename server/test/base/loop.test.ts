/** Background loops under a clock that the test moves: waits, wakes, failures, and a stop that waits for the step. @module */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Loop, type LoopOptions } from '../../src/base/loop.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A step that the test lets end, one run at a time. */
class Steps {
  started = 0;
  signal: AbortSignal | null = null;
  #finish: ((delayMs: number | Error) => void) | null = null;
  #waiters: (() => void)[] = [];

  readonly step = (signal: AbortSignal): Promise<number> => {
    this.started += 1;
    this.signal = signal;
    for (const waiter of this.#waiters.splice(0)) waiter();
    return new Promise((resolve, reject) => {
      this.#finish = (end) => (end instanceof Error ? reject(end) : resolve(end));
    });
  };

  async untilStarted(count: number): Promise<void> {
    while (this.started < count) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  finish(end: number | Error): void {
    const finish = this.#finish;
    if (finish === null) throw new Error('no step is running');
    this.#finish = null;
    finish(end);
  }
}

const running: Loop[] = [];
function start(options: LoopOptions): Loop {
  const loop = new Loop(options);
  running.push(loop);
  return loop;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((loop) => loop.stop()));
});

function bench() {
  const clock = new ManualClock();
  const steps = new Steps();
  const errors: unknown[] = [];
  const loop = new Loop({ clock, step: steps.step, onError: (error) => errors.push(error) });
  return { clock, steps, errors, loop };
}

describe('a loop', () => {
  it('waits as long as the step asked, then runs it again', async () => {
    const { clock, steps, loop } = bench();
    await steps.untilStarted(1);
    steps.finish(500);
    await clock.untilAsked(1);
    expect(clock.asked).toEqual([500]);
    clock.advance(499);
    expect(clock.sleeping).toBe(1);
    clock.advance(1);
    await steps.untilStarted(2);
    steps.finish(0);
    await loop.stop();
  });

  it('never runs two steps at once, however often it is woken', async () => {
    const { clock, steps, loop } = bench();
    await steps.untilStarted(1);
    loop.wake();
    loop.wake();
    expect(steps.started).toBe(1);
    steps.finish(60_000);
    await clock.untilAsked(1);
    clock.advance(0); // the turn between two steps
    await steps.untilStarted(2);
    steps.finish(60_000);
    await clock.untilAsked(2);
    // The wakes of the first step were one reason to run again, not two.
    expect(clock.asked).toEqual([0, 60_000]);
    expect(steps.started).toBe(2);
    await loop.stop();
  });

  it('ends its wait when it is woken', async () => {
    const { clock, steps, loop } = bench();
    await steps.untilStarted(1);
    steps.finish(60_000);
    await clock.untilAsked(1);
    loop.wake();
    await steps.untilStarted(2);
    steps.finish(60_000);
    await loop.stop();
  });

  it('lets the running step finish before stop resolves, and tells it to hurry', async () => {
    const { steps, loop } = bench();
    await steps.untilStarted(1);
    expect(steps.signal?.aborted).toBe(false);
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await new Promise(setImmediate);
    expect(steps.signal?.aborted).toBe(true);
    expect(stopped).toBe(false);
    steps.finish(0);
    await stopping;
    expect(steps.started).toBe(1);
  });

  it('stops at once out of a wait, also twice, and does not run again', async () => {
    const { clock, steps, loop } = bench();
    await steps.untilStarted(1);
    steps.finish(60_000);
    await clock.untilAsked(1);
    await Promise.all([loop.stop(), loop.stop()]);
    loop.wake();
    clock.advance(120_000);
    await new Promise(setImmediate);
    expect(steps.started).toBe(1);
  });

  it('does not starve the process when steps ask for no wait', async () => {
    let steps = 0;
    let turns = 0;
    const loop = start({
      clock: systemClock,
      step: async () => {
        steps += 1;
        return 0;
      },
      onError: () => {},
    });
    // Would never come back if the loop ran in microtasks alone.
    while (steps < 50) {
      await new Promise(setImmediate);
      turns += 1;
    }
    expect(turns).toBeGreaterThan(10);
    await loop.stop();
  });
});

describe('a failing step', () => {
  it('is told to the owner and tried again after a growing wait, at most 5 s', async () => {
    const { clock, steps, errors, loop } = bench();
    const failure = new Error('no database');
    for (let run = 1; run <= 8; run += 1) {
      await steps.untilStarted(run);
      steps.finish(failure);
      await clock.untilAsked(run);
      clock.advance(5_000);
    }
    expect(errors).toEqual(Array.from({ length: 8 }, () => failure));
    expect(clock.asked).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    await steps.untilStarted(9);
    steps.finish(10);
    await clock.untilAsked(9);
    clock.advance(10);
    await steps.untilStarted(10);
    steps.finish(failure);
    await clock.untilAsked(10);
    expect(clock.asked.slice(8)).toEqual([10, 200]); // a success begins anew
    await loop.stop();
  });

  it('is not tried again by a wake before its wait is over', async () => {
    const { clock, steps, loop } = bench();
    await steps.untilStarted(1);
    loop.wake();
    steps.finish(new Error('no database'));
    await clock.untilAsked(1);
    expect(clock.asked).toEqual([200]);
    loop.wake();
    await new Promise(setImmediate);
    expect(steps.started).toBe(1);
    clock.advance(200);
    await steps.untilStarted(2);
    steps.finish(0);
    await loop.stop();
  });

  it('does not keep the loop from stopping', async () => {
    const { clock, steps, loop } = bench();
    await steps.untilStarted(1);
    steps.finish(new Error('no database'));
    await clock.untilAsked(1);
    await loop.stop();
    expect(steps.started).toBe(1);
  });

  it('may throw before its first await', async () => {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const loop = start({
      clock,
      step: () => {
        throw new TypeError('at once');
      },
      onError: (error) => errors.push(error),
    });
    await clock.untilAsked(1);
    expect(errors).toEqual([new TypeError('at once')]);
    await loop.stop();
  });
});
