/** Work within a deadline: answered, given up, and never a rejection that nobody sees. @module */
import { describe, expect, it } from 'vitest';
import { DeadlineError, within } from '../../src/base/deadline.ts';
import { ManualClock } from '../support/manual-clock.ts';

const never = new Promise<never>(() => {});

describe('within', () => {
  it('answers as the work does, and leaves no wait behind', async () => {
    const clock = new ManualClock();
    expect(await within({ clock, timeoutMs: 100 }, 'it', Promise.resolve(7))).toBe(7);
    const failing = within({ clock, timeoutMs: 100 }, 'it', Promise.reject(new RangeError('no')));
    await expect(failing).rejects.toBeInstanceOf(RangeError);
    expect(clock.sleeping).toBe(0);
  });

  it('gives up at its time, and not before', async () => {
    const clock = new ManualClock();
    let error: unknown = null;
    const done = within({ clock, timeoutMs: 100 }, 'it', never).catch((reason: unknown) => {
      error = reason;
    });
    clock.advance(99);
    await Promise.resolve();
    expect(error).toBeNull();
    clock.advance(1);
    await done;
    expect(error).toBeInstanceOf(DeadlineError);
  });

  it('gives up at once when told to, also beforehand', async () => {
    const clock = new ManualClock();
    const ending = new AbortController();
    const work = within({ clock, timeoutMs: 100, signal: ending.signal }, 'it', never);
    ending.abort();
    await expect(work).rejects.toBeInstanceOf(DeadlineError);
    const late = within({ clock, timeoutMs: 100, signal: ending.signal }, 'it', never);
    await expect(late).rejects.toBeInstanceOf(DeadlineError);
    expect(clock.sleeping).toBe(0);
  });

  it('drops what comes late, a rejection too', async () => {
    const clock = new ManualClock();
    let fail: (error: Error) => void = () => undefined;
    const slow = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const work = within({ clock, timeoutMs: 1 }, 'it', slow);
    clock.advance(1);
    await expect(work).rejects.toBeInstanceOf(DeadlineError);
    fail(new Error('late')); // an unhandled rejection would fail this file
    await new Promise((resolve) => setImmediate(resolve));
  });
});
