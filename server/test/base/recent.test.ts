import { expect, it } from 'vitest';
import { Recent } from '../../src/base/recent.ts';
import { ManualClock } from '../support/manual-clock.ts';

function counted(max = 10) {
  const clock = new ManualClock();
  const asked: string[] = [];
  let fails = false;
  const recent = new Recent<string | null>({
    clock,
    ttlMs: 1_000,
    max,
    load: async (key) => {
      asked.push(key);
      if (fails) throw new Error('no answer');
      return key === 'miss' ? null : `${key} ${asked.length}`;
    },
  });
  return { clock, asked, recent, fail: (is: boolean) => (fails = is) };
}

it('asks once in a second, also for what is not there', async () => {
  const { clock, asked, recent } = counted();
  for (const key of ['a', 'miss', 'a', 'miss']) await recent.get(key);
  expect(asked).toEqual(['a', 'miss']);
  clock.advance(999);
  expect(await recent.get('a')).toBe('a 1');
  clock.advance(1);
  expect(await recent.get('a')).toBe('a 3');
  expect(await recent.get('miss')).toBeNull();
});

it('asks one question for many who ask at once', async () => {
  const { asked, recent } = counted();
  expect(await Promise.all([recent.get('a'), recent.get('a'), recent.get('a')])).toEqual([
    'a 1',
    'a 1',
    'a 1',
  ]);
  expect(asked).toEqual(['a']);
});

it('remembers no failure', async () => {
  const { recent, fail } = counted();
  fail(true);
  await expect(recent.get('a')).rejects.toThrow('no answer');
  fail(false);
  expect(await recent.get('a')).toBe('a 2');
});

it('keeps no more than its bound, and forgets the oldest', async () => {
  const { asked, recent } = counted(2);
  for (const key of ['a', 'b', 'c']) await recent.get(key);
  expect(recent.size).toBe(2);
  await recent.get('b');
  await recent.get('a');
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});
