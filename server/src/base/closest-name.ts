/** The name that somebody meant who mistyped it: for messages that help. @module */

const MAX_SLIPS = 2;

/** The one name that a slip or two of the fingers make into this one; null where there is none, or several. */
export function closestTo(name: string, known: Iterable<string>): string | null {
  const near = [...known]
    .map((each) => ({ each, slips: editDistance(name, each) }))
    .filter(({ slips }) => slips <= MAX_SLIPS)
    .sort((left, right) => left.slips - right.slips);
  return near[0] !== undefined && near[0].slips !== near[1]?.slips ? near[0].each : null;
}

/** How many characters are to be added, taken away, changed, or swapped with their neighbour. */
function editDistance(from: string, to: string): number {
  let [before, above]: number[][] = [[], Array.from({ length: to.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = Number(from[i - 1] !== to[j - 1]);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const least = Math.min(
        (above?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above?.[j - 1] ?? 0) + change,
      );
      row.push(isSwap ? Math.min(least, (before?.[j - 2] ?? 0) + 1) : least);
    }
    [before, above] = [above, row];
  }
  return above?.at(-1) ?? 0;
}
