// @ts-check
/** Interleaved rounds: all contestants take turns, so that a slow minute of the machine falls on all of them. @module */

/** @typedef {{ name: string, unitsPerCall: number, call: () => void }} Contestant */

/**
 * Units per second of each contestant: the median over the rounds. In each round every contestant runs for `sliceMs`;
 * one slice before the first round warms it up and is not counted.
 * @param {readonly Contestant[]} contestants
 * @param {{ rounds: number, sliceMs: number, say: (line: string) => void }} options
 * @returns {Map<string, number>}
 */
export function rateOfEach(contestants, { rounds, sliceMs, say }) {
  /** @type {Map<string, number[]>} */
  const rates = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    // Another order in each round: nobody always runs on the heap that the same other one left.
    const turn = [...contestants.slice(round % contestants.length), ...contestants].slice(
      0,
      contestants.length,
    );
    for (const contestant of turn) {
      const rate = rateOf(contestant, sliceMs);
      if (round > 0) rates.get(contestant.name)?.push(rate);
    }
    if (round > 0) say(`round ${round} of ${rounds} done`);
  }
  return new Map([...rates].map(([name, list]) => [name, median(list)]));
}

/** @param {Contestant} contestant @param {number} sliceMs */
function rateOf({ unitsPerCall, call }, sliceMs) {
  let calls = 0;
  const start = performance.now();
  let elapsedMs = 0;
  do {
    call();
    calls++;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < sliceMs);
  return (calls * unitsPerCall * 1000) / elapsedMs;
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** @param {number} value @param {number} [digits] After the point. */
export function rounded(value, digits = 0) {
  return Number(value.toFixed(digits));
}
