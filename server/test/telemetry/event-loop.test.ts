/** How late the event loop runs, measured on a loop that is kept busy. */
import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { EventLoopGauge } from '../../src/telemetry/event-loop.ts';

it('tells of a loop that was held up, once', async () => {
  const gauge = new EventLoopGauge();
  try {
    // A delay lies between two ticks of its own: one before, one after.
    await systemClock.sleep(50);
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs);
    await systemClock.sleep(50);
    expect(gauge.read()['1']).toBeGreaterThan(0.05);
    expect(gauge.read()).toEqual({ '0.5': 0, '0.99': 0, '1': 0 });
  } finally {
    gauge.stop();
  }
  expect(gauge.read()).toEqual({ '0.5': 0, '0.99': 0, '1': 0 });
});
