/** What an error says to a person, with what caused it. @module */

/** The error's own words, then those of its causes. Where Node tried several addresses, each has an error and the whole has no words. */
export function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const several: unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = error.message || several.flatMap(messagesOf).join(', ');
  return [own, ...messagesOf(error.cause)].filter((message) => message !== '');
}
