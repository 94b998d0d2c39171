/** The memory of answers: found once, bounded, oldest out first. @module */
import { describe, expect, it } from 'vitest';
import { remembered } from '../src/memory.ts';

function findIn(memory: Map<string, string | null>, question: string, answer: string | null) {
  let isFound = false;
  const given = remembered(memory, 2, question, () => {
    isFound = true;
    return answer;
  });
  expect(given).toBe(answer);
  return isFound;
}

describe('the memory of answers', () => {
  it('finds an answer once, also the answer that there is none', () => {
    const memory = new Map<string, string | null>();
    expect([1, 2].map(() => findIn(memory, 'one', 'yes'))).toEqual([true, false]);
    expect([1, 2].map(() => findIn(memory, 'two', null))).toEqual([true, false]);
  });

  it('forgets the oldest answer at the bound, whatever was asked since', () => {
    const memory = new Map<string, string | null>();
    const asked = ['one', 'two', 'one', 'three', 'two', 'three', 'one'];
    expect(asked.map((question) => findIn(memory, question, question))).toEqual([
      true,
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect([...memory.keys()]).toEqual(['three', 'one']);
  });
});
