/** Answers that are dear to find, kept under the question: they change the time of an answer, never the answer. @module */

/**
 * The answer to this question, found at most once while it is kept. At the bound the oldest one is forgotten; what
 * `find` throws is no answer. The question must hold everything that the answer depends on.
 */
export function remembered<Answer>(
  memory: Map<string, Answer>,
  bound: number,
  question: string,
  find: () => Answer,
): Answer {
  const known = memory.get(question);
  if (known !== undefined) return known;
  const answer = find();
  for (const oldest of memory.keys()) {
    if (memory.size < bound) break;
    memory.delete(oldest);
  }
  memory.set(question, answer);
  return answer;
}
